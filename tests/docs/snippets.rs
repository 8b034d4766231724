//! Snippets for CI and containers, and the worked example of the probe format.

use std::collections::BTreeSet;

use mcast::format::probe::{self, ProbeKind, Reading};
use yaml_rust2::{Yaml, YamlLoader};

use super::page::{Block, Page, spans_of};
use super::{commands, shell};

/// A YAML block, its kind (`github`) and the shell commands in it.
pub struct Snippet {
    pub page: String,
    pub kind: String,
    pub commands: Vec<String>,
}

/// The YAML blocks of all pages. Each must have the shape that its kind asks for.
pub fn yaml() -> Vec<Snippet> {
    let pages = Page::all();
    let blocks = pages.iter().flat_map(|page| {
        page.blocks_of("yaml").into_iter().map(|block| (page.name.clone(), block))
    });
    blocks
        .map(|(page, block)| {
            let kind = block.info.split(' ').nth(1).unwrap_or_default().to_owned();
            let documents = YamlLoader::load_from_str(&block.text)
                .unwrap_or_else(|error| panic!("{page}, {kind}: {error}"));
            assert_eq!(documents.len(), 1, "{page}, {kind}");
            let commands = match kind.as_str() {
                "github" => github(&documents[0]),
                "gitlab" => gitlab(&documents[0]),
                "kubernetes" => kubernetes(&documents[0]),
                "compose" => compose(&documents[0]),
                _ => panic!("{page}: no such kind of YAML: '{kind}'"),
            };
            Snippet { page, kind, commands }
        })
        .collect()
}

fn text(yaml: &Yaml) -> String {
    yaml.as_str().unwrap_or_else(|| panic!("not a string: {yaml:?}")).to_owned()
}

fn entries(yaml: &Yaml) -> Vec<(String, &Yaml)> {
    let hash = yaml.as_hash().unwrap_or_else(|| panic!("not a mapping: {yaml:?}"));
    hash.iter().map(|(key, value)| (text(key), value)).collect()
}

fn items(yaml: &Yaml) -> &Vec<Yaml> {
    yaml.as_vec().unwrap_or_else(|| panic!("not a list: {yaml:?}"))
}

fn only(yaml: &Yaml, allowed: &[&str]) {
    for (key, _) in entries(yaml) {
        assert!(allowed.contains(&key.as_str()), "unexpected key {key}");
    }
}

fn github(workflow: &Yaml) -> Vec<String> {
    only(workflow, &["name", "on", "jobs"]);
    text(&workflow["on"]);
    let mut commands = Vec::new();
    for (_, job) in entries(&workflow["jobs"]) {
        only(job, &["runs-on", "steps"]);
        text(&job["runs-on"]);
        for step in items(&job["steps"]) {
            only(step, &["if", "name", "run", "uses", "with"]);
            assert!(step["uses"].is_badvalue() != step["run"].is_badvalue(), "{step:?}");
            commands.extend(step["run"].as_str().map(str::to_owned));
        }
    }
    commands
}

fn gitlab(pipeline: &Yaml) -> Vec<String> {
    let mut commands = Vec::new();
    for (_, job) in entries(pipeline) {
        only(job, &["artifacts", "image", "script"]);
        text(&job["image"]);
        commands.extend(items(&job["script"]).iter().map(text));
    }
    commands
}

fn kubernetes(object: &Yaml) -> Vec<String> {
    only(object, &["apiVersion", "kind", "metadata", "spec"]);
    assert_eq!(
        (text(&object["apiVersion"]), text(&object["kind"])),
        ("batch/v1".into(), "Job".into())
    );
    text(&object["metadata"]["name"]);
    only(&object["spec"], &["backoffLimit", "template"]);
    assert!(object["spec"]["backoffLimit"].as_i64().is_some());
    let pod = &object["spec"]["template"]["spec"];
    only(pod, &["containers", "hostNetwork", "restartPolicy"]);
    assert!(pod["hostNetwork"].as_bool().is_some());
    assert!(["Never", "OnFailure"].contains(&text(&pod["restartPolicy"]).as_str()));
    let containers = items(&pod["containers"]).iter().map(|container| {
        only(container, &["name", "image", "args"]);
        text(&container["name"]);
        text(&container["image"]);
        // A number without quotes is no string, and Kubernetes rejects it.
        let quoted = |word: &Yaml| format!("'{}'", text(word));
        let words: Vec<String> = items(&container["args"]).iter().map(quoted).collect();
        format!("mcast {}", words.join(" "))
    });
    containers.collect()
}

fn compose(file: &Yaml) -> Vec<String> {
    only(file, &["services"]);
    let services = entries(&file["services"]);
    let command = |(_, service): &(String, &Yaml)| {
        only(service, &["command", "image", "network_mode"]);
        text(&service["image"]);
        format!("mcast {}", text(&service["command"]))
    };
    services.iter().map(command).collect()
}

#[test]
fn every_yaml_snippet_has_its_shape_and_valid_commands() {
    let snippets = yaml();
    let kinds: BTreeSet<&str> = snippets.iter().map(|snippet| snippet.kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["compose", "github", "gitlab", "kubernetes"]));
    for snippet in &snippets {
        let found: Vec<_> =
            snippet.commands.iter().filter_map(|command| shell::mcast_command(command)).collect();
        assert!(!found.is_empty(), "{}: no command of mcast in {}", snippet.page, snippet.kind);
        for command in found {
            commands::parse(&command).unwrap_or_else(|error| panic!("{}: {error}", snippet.page));
        }
    }
}

/// Checks the instructions, the stages and the paths between them, without Docker.
#[test]
fn every_dockerfile_copies_what_it_builds() {
    let pages = Page::all();
    let files: Vec<Block> = pages.iter().flat_map(|page| page.blocks_of("dockerfile")).collect();
    assert!(!files.is_empty());
    for file in files {
        let (mut stages, mut folder, mut built) = (Vec::new(), String::new(), String::new());
        for line in shell::lines(&file.text).iter().filter(|line| !line.is_empty()) {
            let (instruction, rest) = line.split_once(' ').expect("an instruction");
            let words = shell::words(rest);
            match instruction {
                "FROM" => stages.extend(words.get(2).cloned()),
                "WORKDIR" => folder = rest.to_owned(),
                "RUN" => {
                    assert_eq!(rest, "cargo build --release --locked");
                    built = format!("{folder}/target/release/{}", env!("CARGO_PKG_NAME"));
                }
                "COPY" => match words[0].strip_prefix("--from=") {
                    Some(stage) => {
                        assert!(stages.contains(&stage.to_owned()), "no stage {stage}");
                        assert_eq!(words[1], built);
                    }
                    None => assert_eq!(words, [".", "."]),
                },
                "ENTRYPOINT" => {
                    let words: Vec<String> = serde_json::from_str(rest).expect("a JSON array");
                    assert_eq!(words, ["mcast"]);
                }
                _ => panic!("unexpected instruction {instruction}"),
            }
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|letter| !letter.is_whitespace()).collect();
    let byte = |pair: &[char]| {
        u8::from_str_radix(&pair.iter().collect::<String>(), 16).expect("hexadecimal digits")
    };
    digits.chunks(2).map(byte).collect()
}

/// The examples of the probe format, read by mcast.
#[test]
fn the_probe_examples_decode() {
    let page = Page::read("docs/probe-format.md");
    let read = |kind: &str| {
        let blocks = page.blocks_of("hex");
        let block = blocks.iter().find(|block| block.info == format!("hex {kind}"));
        let bytes = bytes(&block.expect("an example").text);
        match probe::read(&bytes, false) {
            Reading::Probe(probe) => (probe, bytes),
            other => panic!("{kind}: {other:?}"),
        }
    };
    let (data, data_bytes) = read("data");
    assert_eq!((data.kind, data.sequence, data_bytes.len()), (ProbeKind::Data, 7, 52));
    assert_eq!((data.ttl, data.traffic_class, data.synchronised), (16, 46 << 2, true));
    assert!(page.text.contains(&format!("send time {} ns", data.sent)));
    let (end, end_bytes) = read("end");
    assert_eq!((end.kind, end.sequence, end.stream), (ProbeKind::End, 1000, data.stream));
    assert_eq!(end_bytes.len(), probe::MIN_LEN);
    assert!(page.text.contains("1000 data datagrams"));

    let table = &page.tables_of("bytes")[0];
    let explained: String = table.rows.iter().flat_map(|row| spans_of(&row[0])).collect();
    assert_eq!(bytes(&explained), data_bytes, "the table explains every byte in its order");
}

#[test]
fn the_probe_fields_follow_one_another() {
    let page = Page::read("docs/probe-format.md");
    let table = &page.tables_of("offset")[0];
    let mut next = 0;
    for row in &table.rows {
        let offset: usize = row[0].parse().expect("an offset");
        assert_eq!(offset, next, "{row:?}");
        next = offset + row[1].parse::<usize>().unwrap_or(0);
    }
    assert_eq!(next, probe::MIN_LEN, "the body begins where the header ends");
}
