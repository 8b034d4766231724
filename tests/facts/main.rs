//! The reasoning of `mcast check` on recorded and constructed facts, without a network and on any
//! system.
//!
//! ```text
//! blame     a firewall is blamed only if a rule may drop the group; the conclusion follows from the worst finding
//! noise     unrelated traffic makes no fault, and missing facts break nothing
//! records   each record gets its reviewed findings: said.txt lists those above a note, commands, conclusion
//! ```

mod blame;
mod noise;
mod records;

use std::path::PathBuf;

use mcast::diagnosis::Facts;

/// The directory of the records.
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
