//! The files of a release: the scripts in `deploy/release`, and the manifests that they fill.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use yaml_rust2::YamlLoader;

use super::files::{output, path, read};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A copy of the files that the scripts read, in an empty folder, without git.
fn project(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("release-{name}"));
    let _ = fs::remove_dir_all(&folder);
    for file in ["CHANGELOG.md", "Cargo.lock", "Cargo.toml", "LICENSE", "README.md"] {
        copy(Path::new(file), &folder);
    }
    copy(Path::new("fuzz/Cargo.lock"), &folder);
    for inner in ["arch", "homebrew", "release", "systemd", "winget"] {
        for entry in fs::read_dir(path("deploy").join(inner)).unwrap() {
            copy(&Path::new("deploy").join(inner).join(entry.unwrap().file_name()), &folder);
        }
    }
    // The section of a version appears with its release.
    let changelog = fs::read_to_string(folder.join("CHANGELOG.md")).unwrap();
    let rest = changelog.replace(&format!("## [{VERSION}]"), "## [0.0.0]");
    let (about, sections) = rest.split_once("## ").expect("a section");
    let added = format!("## [{VERSION}] - 2026-11-29\n\n- A change.\n");
    fs::write(folder.join("CHANGELOG.md"), format!("{about}{added}\n## {sections}")).unwrap();
    folder
}

/// Copies a file of the project to the same place below a folder.
fn copy(file: &Path, folder: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if source.is_file() {
        let target = folder.join(file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(source, target).unwrap();
    }
}

/// The script that makes the files of a release.
fn release(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.arg("-B").arg(folder.join("deploy/release/release.py")).args(words);
    command.env_remove("GITHUB_REPOSITORY").env("SOURCE_DATE_EPOCH", "1800000000");
    command
}

/// What the script prints when it refuses.
fn refused(command: &mut Command) -> String {
    let output = command.output().expect("python3");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_tag_has_the_version_of_the_project() {
    let folder = project("tag");
    let tag = format!("v{VERSION}");
    output(&mut release(&folder, &["check", &tag]));
    assert_eq!(output(&mut release(&folder, &["notes"])), "- A change.\n");
    let why = refused(&mut release(&folder, &["check", "v9.9.9"]));
    assert!(why.contains("the tag is v9.9.9, but Cargo.toml has the version"), "{why}");
    let mut elsewhere = release(&folder, &["check", &tag]);
    elsewhere.env("GITHUB_SERVER_URL", "https://github.com").env("GITHUB_REPOSITORY", "a/b");
    let why = refused(&mut elsewhere);
    assert!(why.contains("the repository is https://github.com/a/b, but Cargo.toml"), "{why}");
    fs::write(folder.join("CHANGELOG.md"), "# Changelog\n\n## [Unreleased]\n").unwrap();
    let why = refused(&mut release(&folder, &["check", &tag]));
    assert!(why.contains("CHANGELOG.md has no section"), "{why}");
}

#[test]
fn an_archive_has_the_program_and_its_documents() {
    let folder = project("archive");
    let mcast = env!("CARGO_BIN_EXE_mcast");
    let target = "x86_64-unknown-linux-gnu";
    let name = format!("mcast-{VERSION}-{target}");
    // A debug build takes long to compress.
    let program = folder.join("program");
    fs::write(&program, format!("#!/bin/sh\nexec '{mcast}' \"$@\"\n")).unwrap();
    let words = ["archive", target, program.to_str().unwrap(), "--writer", mcast];
    output(&mut release(&folder, &words));
    let files = folder.join("target/release-files");
    output(Command::new("tar").arg("-xzf").arg(format!("{name}.tar.gz")).current_dir(&files));
    let unpacked = files.join(&name);
    for file in [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "completions/_mcast",
        "completions/mcast.bash",
        "completions/mcast.fish",
        "man/mcast.1",
        "man/mcast-recv.1",
        "systemd/mcast-recv@.service",
    ] {
        assert!(fs::metadata(unpacked.join(file)).expect(file).len() > 0, "{file}");
    }
    let shown = output(Command::new(unpacked.join("mcast")).arg("-V"));
    assert_eq!(shown, format!("mcast {VERSION}\n"));
}

#[test]
fn manifests_have_the_checksums_of_the_archives() {
    let folder = project("manifests");
    let files = folder.join("target/release-files");
    fs::create_dir_all(&files).unwrap();
    let why = refused(&mut release(&folder, &["finish"]));
    assert!(why.contains("is missing, and a manifest needs its checksum"), "{why}");
    for target in
        ["universal-apple-darwin", "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]
    {
        fs::write(files.join(format!("mcast-{VERSION}-{target}.tar.gz")), target).unwrap();
    }
    fs::write(files.join(format!("mcast-{VERSION}-x86_64-pc-windows-msvc.zip")), "zip").unwrap();
    fs::write(files.join(format!("mcast-{VERSION}.crate")), "crate").unwrap();
    output(&mut release(&folder, &["finish"]));
    output(
        Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&files),
    );
    let sums = fs::read_to_string(files.join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 5, "{sums}");
    let manifests = files.join("manifests");
    let filled = |name: &str| {
        let text = fs::read_to_string(manifests.join(name)).expect(name);
        assert!(!text.contains("@SHA256") && !text.contains("@VERSION@"), "{text}");
        text
    };
    for line in sums.lines() {
        let (sum, file) = line.split_once("  ").unwrap();
        let names = ["homebrew/mcast.rb", "arch/PKGBUILD", "winget/OWNER.mcast.installer.yaml"];
        assert!(names.iter().any(|name| filled(name).contains(sum)), "{file}");
    }
    output(Command::new("bash").arg("-n").arg(manifests.join("arch/PKGBUILD")));
    for kind in [".installer", ".locale.en-US", ""] {
        let text = filled(&format!("winget/OWNER.mcast{kind}.yaml"));
        let manifest = YamlLoader::load_from_str(&text).expect("YAML").remove(0);
        assert_eq!(manifest["PackageIdentifier"].as_str(), Some("OWNER.mcast"));
        assert_eq!(manifest["PackageVersion"].as_str(), Some(VERSION));
    }
}

#[test]
fn ruby_accepts_the_formula() {
    if Command::new("ruby").arg("--version").stdout(Stdio::null()).status().is_err() {
        super::lab::Lab::unsupported("needs ruby");
        return;
    }
    output(Command::new("ruby").arg("-c").arg(path("deploy/homebrew/mcast.rb")));
}

#[test]
fn the_image_has_the_program_of_a_release() {
    let file = read("deploy/container/Containerfile");
    let flags = "RUSTFLAGS=\"$(cat deploy/release/rustflags deploy/release/rustflags-linux)\"";
    assert!(file.contains(flags));
    assert!(file.contains("cargo build --profile dist --locked"));
}

#[test]
fn packages_name_the_address_of_the_project_alone() {
    let manifest = read("Cargo.toml");
    let value = |key: &str| {
        let line = manifest.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
        line.unwrap_or_else(|| panic!("{key}")).trim_matches('"').to_owned()
    };
    let address = value("repository");
    assert_eq!(value("homepage"), address);
    assert!(value("documentation").starts_with(&address));
    for file in ["deploy/packages/copyright", "deploy/gitlab/mcast.gitlab-ci.yml"] {
        assert!(read(file).contains(&address), "{file}");
    }
    let owner = address.rsplit('/').nth(1).expect("an owner");
    for file in ["deploy/github/action.yml", "flake.nix"] {
        assert!(read(file).contains(&format!("{owner}/mcast")), "{file}");
    }
}
