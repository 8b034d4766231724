//! What `mcast check` finds in the records of `tests/facts`, and in facts made by hand. Each
//! finding is shown once.

use std::collections::BTreeSet;
use std::fs;

use super::page::{Page, notice, path};
use super::{findings_of_host, findings_of_windows, findings_of_wire};
use crate::diagnosis::{Facts, conclusion, findings};

pub fn page() -> Page {
    let mut names: Vec<String> = fs::read_dir(path("tests/facts"))
        .expect("the records")
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort();
    let records = names.iter().map(|name| (name.clone(), record(name)));
    let by_hand =
        [findings_of_host::facts(), findings_of_wire::facts(), findings_of_windows::facts()]
            .into_iter()
            .flatten();
    let mut seen = BTreeSet::new();
    let samples =
        records.chain(by_hand).map(|(name, facts)| found(&name, &facts, &mut seen)).collect();
    Page { title: "findings", samples }
}

/// A record of `tests/facts`, by its name.
pub fn record(name: &str) -> Facts {
    let text = fs::read_to_string(path(&format!("tests/facts/{name}.json"))).expect("a record");
    serde_json::from_str(&text).expect("facts")
}

/// The findings that were not seen before, and the conclusion.
fn found(name: &str, facts: &Facts, seen: &mut BTreeSet<String>) -> String {
    let found = findings(facts);
    let notices = found.iter().map(notice).filter(|text| seen.insert(text.clone()));
    let notices: String = notices.map(|text| text + "\n").collect();
    format!("-- {name}\n{notices}=> {}", conclusion(facts, &found))
}
