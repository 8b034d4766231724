//! Each record has its reviewed findings.

use std::collections::BTreeMap;
use std::fmt::Write;

use mcast::diagnosis::{Facts, conclusion, findings};
use mcast::notice::Level;

use super::{directory, names, record};

/// The findings of each record, by its name.
fn reports() -> BTreeMap<String, String> {
    names().map(|name| (name.clone(), report_of(&record(&name)))).collect()
}

fn report_of(facts: &Facts) -> String {
    let found = findings(facts);
    let mut report = String::new();
    for finding in found.iter().filter(|finding| finding.level > Level::Note) {
        writeln!(report, "{} {}", finding.level.name(), finding.id).unwrap();
        for command in &finding.commands {
            writeln!(report, "    {}: {}", command.place, command.run).unwrap();
        }
    }
    writeln!(report, "{}", conclusion(facts, &found)).unwrap();
    report
}

#[test]
fn records_have_their_reviewed_findings() {
    let text =
        reports().iter().map(|(name, report)| format!("== {name}\n{report}\n")).collect::<String>();
    let file = directory().join("findings.txt");
    if std::env::var_os("MCAST_WRITE_FINDINGS").is_some() {
        std::fs::write(&file, &text).expect("findings.txt");
    }
    let expected = std::fs::read_to_string(&file).expect("findings.txt").replace("\r\n", "\n");
    for (now, before) in text.split("== ").zip(expected.split("== ")) {
        assert_eq!(
            now, before,
            "MCAST_WRITE_FINDINGS=1 writes findings.txt: review the difference"
        );
    }
    assert_eq!(text.len(), expected.len());
}
