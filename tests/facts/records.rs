//! Each record has its reviewed findings.

use std::collections::BTreeMap;
use std::fmt::Write;

use mcast::diagnosis::{Facts, conclusion, findings};
use mcast::notice::Level;

use super::{directory, names, record};

/// The findings of each record, by its name.
fn said() -> BTreeMap<String, String> {
    names().map(|name| (name.clone(), report_of(&record(&name)))).collect()
}

fn report_of(facts: &Facts) -> String {
    let found = findings(facts);
    let mut said = String::new();
    for finding in found.iter().filter(|finding| finding.level > Level::Note) {
        writeln!(said, "{} {}", finding.level.name(), finding.id).unwrap();
        for command in &finding.commands {
            writeln!(said, "    {}: {}", command.place, command.run).unwrap();
        }
    }
    writeln!(said, "{}", conclusion(facts, &found)).unwrap();
    said
}

#[test]
fn records_have_their_reviewed_findings() {
    let text = said().iter().map(|(name, said)| format!("== {name}\n{said}\n")).collect::<String>();
    let file = directory().join("said.txt");
    if std::env::var_os("MCAST_SAY_FACTS").is_some() {
        std::fs::write(&file, &text).expect("said.txt");
    }
    let expected = std::fs::read_to_string(&file).expect("said.txt").replace("\r\n", "\n");
    for (now, before) in text.split("== ").zip(expected.split("== ")) {
        assert_eq!(now, before, "MCAST_SAY_FACTS=1 writes said.txt: review the difference");
    }
    assert_eq!(text.len(), expected.len());
}
