//! Commands and JSON of the pages, on hosts that have only `lo`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::lab::{Finished, Host, Lab, Running, schema};
use super::page::Page;
use super::{shell, snippets};

/// A folder to run commands in, with mcast in its `bin`.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("bin")).expect("a folder");
        symlink(env!("CARGO_BIN_EXE_mcast"), folder.join("bin/mcast")).expect("a link");
        Folder(folder)
    }

    /// Runs a command line as a shell does. It must exit with this status.
    fn runs(&self, host: &Host, line: &str, status: i32) -> Finished {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = host.command("sh");
        command.args(["-ec", line]).current_dir(&self.0).env("TZ", "UTC");
        command.env("PATH", format!("{}:{path}", self.0.join("bin").display()));
        Running::start(command).ends(status)
    }
}

/// Whether a command needs only `lo` and ends without a signal.
fn is_complete(command: &[String]) -> bool {
    let names_lo = command.windows(2).any(|pair| pair == ["--iface", "lo"]);
    names_lo && command[1] == "recv" && command.contains(&"--".to_owned())
}

/// A command of a page that a host with `lo` can run.
struct Example {
    line: String,
    status: i32,
    /// The lines that a console block shows it to print.
    shown: Option<Vec<String>>,
}

fn examples(page: &Page) -> Vec<Example> {
    let mut found = Vec::new();
    for block in page.blocks() {
        if ["json", "yaml"].contains(&block.info.split(' ').next().unwrap_or_default()) {
            continue;
        }
        let lines = shell::lines(&block.text);
        for (at, line) in lines.iter().enumerate() {
            let Some(command) = shell::mcast_command(line).filter(|command| is_complete(command))
            else {
                continue;
            };
            let after = &lines[at + 1..];
            let end = after.iter().position(|line| line.starts_with("$ ")).unwrap_or(after.len());
            let echo = after.get(end).filter(|line| *line == "$ echo $?").and(after.get(end + 1));
            let quoted: Vec<String> = command.iter().map(|word| format!("'{word}'")).collect();
            found.push(Example {
                line: quoted.join(" "),
                status: echo.map_or(0, |status| status.parse().expect("an exit status")),
                shown: (block.info == "console").then(|| after[..end].to_vec()),
            });
        }
    }
    found
}

/// Compares without the parts that differ from run to run: times, ports, rates.
#[test]
fn examples_end_and_print_as_shown() {
    let Some(lab) = Lab::open() else { return };
    let folder = Folder::new("docs-commands");
    let mut shown_by = BTreeSet::new();
    for page in Page::all() {
        for example in examples(&page) {
            let finished = folder.runs(&lab.host(), &example.line, example.status);
            if let Some(shown) = example.shown {
                let printed = shapes(finished.out.lines().chain(finished.err.lines()));
                let shown = shapes(shown.iter().map(String::as_str));
                assert_eq!(printed, shown, "{}: {finished}", page.name);
                shown_by.insert(page.name.clone());
            }
        }
    }
    assert!(shown_by.contains("README.md"), "README.md shows no complete command");
}

#[test]
fn snippets_pass_on_a_host_that_has_only_lo() {
    let Some(lab) = Lab::open() else { return };
    let folder = Folder::new("docs-snippets");
    let mut ran = BTreeSet::new();
    for snippet in snippets::yaml() {
        for line in &snippet.commands {
            if shell::mcast_command(line).is_some_and(|command| is_complete(&command)) {
                folder.runs(&lab.host(), line, 0);
                ran.insert(snippet.kind.clone());
            }
        }
    }
    assert_eq!(ran, BTreeSet::from(["github", "gitlab"].map(str::to_owned)));
    let events = fs::read_to_string(folder.0.join("events.json")).expect("the file of GitLab");
    for line in events.lines() {
        schema::kind(&serde_json::from_str(line).expect("JSON"));
    }
}

/// A line with everything replaced that differs from run to run: times, ports, rates.
fn shape(line: &str) -> String {
    // The buffer size depends on the host, and the units of times on its speed.
    let line =
        line.replace("KiB", "MiB").replace(" ms", " s").replace(" us", " s").replace(" ns", " s");
    let digits: String =
        line.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    let mut shape = String::new();
    digits.chars().filter(|letter| *letter != '.' && *letter != 'k').for_each(|letter| {
        if !(letter == '0' && shape.ends_with('0')) {
            shape.push(letter);
        }
    });
    shape
}

/// The shapes of the lines, sorted, because two programs write to one terminal.
fn shapes<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<String> = lines.map(shape).collect();
    lines.sort();
    lines
}

#[test]
fn json_examples_follow_the_schema() {
    for page in Page::all() {
        for block in page.blocks_of("json") {
            for line in block.text.lines() {
                let event = serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{}: {error}: {line}", page.name));
                schema::kind(&event);
            }
        }
    }
}

#[test]
fn every_event_has_an_example() {
    let page = Page::read("docs/scripting.md");
    let examples: BTreeSet<String> = page
        .blocks_of("json")
        .iter()
        .flat_map(|block| block.text.lines().map(str::to_owned).collect::<Vec<_>>())
        .map(|line| serde_json::from_str::<serde_json::Value>(&line).expect("JSON"))
        .map(|event| event["event"].as_str().expect("a name").to_owned())
        .collect();
    let listed: BTreeSet<String> =
        page.tables_of("event").iter().flat_map(|table| table.keys()).collect();
    let published = schema::kinds().filter_map(|kind| kind.split('_').next());
    let published: BTreeSet<String> = published.map(str::to_owned).collect();
    assert_eq!(examples, published);
    assert_eq!(listed, published);
}
