//! The dependencies follow `deny.toml`: their licences, their sources and their oldest compiler.
//! cargo-deny checks more, but takes minutes to build.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// `cargo metadata`. It needs no network after a build, unless crates of other systems are missing.
fn metadata() -> Value {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--manifest-path"];
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let done = Command::new(env!("CARGO")).args(arguments).arg(manifest).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The ids of the crates of a build, without those of tests.
fn built(metadata: &Value) -> BTreeSet<&str> {
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (text(node, "id"), node))
        .collect();
    let mut found = BTreeSet::new();
    let mut open = vec![text(&metadata["resolve"], "root")];
    while let Some(id) = open.pop() {
        if !found.insert(id) {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| text(kind, "kind") != "dev") {
                open.push(text(dependency, "pkg"));
            }
        }
    }
    found
}

/// The quoted words of a line.
fn quoted(line: &str) -> Vec<String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The licences that `deny.toml` allows for all crates, and those of single crates.
fn allowed() -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let policy = read("deny.toml");
    let section = policy.split("\n[").find_map(|part| part.strip_prefix("licenses]")).unwrap();
    let general = section.lines().find(|line| line.starts_with("allow = ")).map(quoted).unwrap();
    let exceptions = section.lines().filter(|line| line.trim_start().starts_with("{ crate = "));
    let pair = |line| {
        let mut words = quoted(line);
        (words.remove(0), words)
    };
    (general, exceptions.map(pair).collect())
}

/// Whether the allowed licences satisfy an SPDX expression. In it, AND binds more than OR. Some
/// crates still write `/` for OR.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (holds, rest) = any(&words, allowed);
    assert!(rest.is_empty(), "{expression}: cannot parse {rest:?}");
    holds
}

fn any<'a>(words: &'a [&'a str], allowed: &dyn Fn(&str) -> bool) -> (bool, &'a [&'a str]) {
    let (mut holds, mut rest) = all(words, allowed);
    while rest.first() == Some(&"OR") {
        let (next, after) = all(&rest[1..], allowed);
        (holds, rest) = (holds || next, after);
    }
    (holds, rest)
}

fn all<'a>(words: &'a [&'a str], allowed: &dyn Fn(&str) -> bool) -> (bool, &'a [&'a str]) {
    let (mut holds, mut rest) = one(words, allowed);
    while rest.first() == Some(&"AND") {
        let (next, after) = one(&rest[1..], allowed);
        (holds, rest) = (holds && next, after);
    }
    (holds, rest)
}

fn one<'a>(words: &'a [&'a str], allowed: &dyn Fn(&str) -> bool) -> (bool, &'a [&'a str]) {
    match words {
        ["(", inner @ ..] => {
            let (holds, rest) = any(inner, allowed);
            assert_eq!(rest.first(), Some(&")"), "an open bracket in {words:?}");
            (holds, &rest[1..])
        }
        [licence, "WITH", exception, rest @ ..] => {
            (allowed(&format!("{licence} WITH {exception}")), rest)
        }
        [licence, rest @ ..] => (allowed(licence), rest),
        [] => panic!("an incomplete expression"),
    }
}

#[test]
fn expressions_are_evaluated() {
    let allowed =
        |licence: &str| ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("MIT AND GPL-3.0", false),
        ("MIT AND Zlib OR GPL-3.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", false),
        ("(GPL-3.0 OR Zlib) AND (MIT)", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
    ] {
        assert_eq!(satisfied(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn every_crate_of_a_build_has_an_allowed_licence() {
    let metadata = metadata();
    let (general, exceptions) = allowed();
    assert!(general.contains(&"MIT".to_owned()), "the policy was read: {general:?}");
    let built = built(&metadata);
    assert!(built.len() > 50, "only {} crates were found", built.len());
    let packages = metadata["packages"].as_array().unwrap();
    for package in packages.iter().filter(|package| built.contains(text(package, "id"))) {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        let own = exceptions.get(name);
        let allowed = |wanted: &str| {
            general.iter().chain(own.into_iter().flatten()).any(|licence| licence == wanted)
        };
        assert!(!licence.is_empty(), "{name} names no licence");
        assert!(satisfied(licence, &allowed), "{name}: deny.toml does not allow {licence}");
    }
}

/// The crates of tests count too: `cargo test` runs with Rust 1.85.
#[test]
fn every_dependency_builds_with_the_oldest_compiler() {
    let metadata = metadata();
    let number = |version: &str| {
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap());
        (parts.next().unwrap(), parts.next().unwrap_or(0))
    };
    let packages = metadata["packages"].as_array().unwrap();
    let ours = packages.iter().find(|package| text(package, "name") == "mcast").unwrap();
    let oldest = number(text(ours, "rust_version"));
    for package in packages.iter().filter(|package| package["rust_version"].is_string()) {
        let needed = number(text(package, "rust_version"));
        let (name, version) = (text(package, "name"), text(package, "version"));
        assert!(needed <= oldest, "{name} {version} needs Rust {needed:?}");
    }
}

#[test]
fn every_dependency_comes_from_the_allowed_registry() {
    let policy = read("deny.toml");
    let allowed = policy.lines().find(|line| line.starts_with("allow-registry = ")).unwrap();
    assert_eq!(quoted(allowed), [CRATES_IO.trim_start_matches("registry+")]);
    for lock in ["Cargo.lock", "fuzz/Cargo.lock", "benches/limits/Cargo.lock"] {
        let lines = read(lock);
        let sources: Vec<&str> =
            lines.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
        assert!(!sources.is_empty(), "{lock} names no source");
        for source in sources {
            assert_eq!(source.trim_matches('"'), CRATES_IO, "{lock}");
        }
    }
}

/// An exception that is no longer necessary is removed.
#[test]
fn every_exception_is_in_use() {
    let locks = read("Cargo.lock") + &read("fuzz/Cargo.lock");
    for name in allowed().1.keys() {
        assert!(locks.contains(&format!("\nname = \"{name}\"\n")), "no crate is named {name}");
    }
    let policy = read("deny.toml");
    let section = policy.split("\n[").find_map(|part| part.strip_prefix("bans]")).unwrap();
    for line in section.lines().filter(|line| line.trim_start().starts_with("{ crate = ")) {
        let skipped = quoted(line).remove(0);
        let (name, version) = skipped.split_once('@').unwrap();
        let block = format!("\nname = \"{name}\"\nversion = \"{version}.");
        assert!(read("Cargo.lock").contains(&block), "Cargo.lock has no {skipped}");
    }
}
