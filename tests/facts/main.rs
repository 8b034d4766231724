//! The reasoning of `mcast check` on recorded and constructed facts, without a network and on any
//! system.
//!
//! ```text
//! blame     a firewall is blamed only if a rule can drop the target; the conclusion follows from
//!           the worst finding
//! noise     the traffic of others makes no fault, and a missing fact breaks no rule
//! records   findings.txt has the findings of each record above a note, their commands, and the
//!           conclusion
//! ```

mod blame;
mod noise;
mod records;

use std::path::PathBuf;

use mcast::diagnosis::Facts;

/// The folder of the records.
fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/facts")
}

/// The names of all records.
fn names() -> impl Iterator<Item = String> {
    let files = std::fs::read_dir(directory()).expect("the records");
    files
        .filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
}

/// The record of this name.
fn record(name: &str) -> Facts {
    let file = directory().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
