//! Runs the corpus of the fuzz targets in `fuzz/` with every test, to keep old findings fixed.

#[path = "../fuzz/bodies/datagrams.rs"]
mod datagrams;
#[path = "../fuzz/bodies/text.rs"]
mod text;

use std::path::Path;

/// Runs each file of a corpus.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "{} holds {} files", folder.display(), files.len());
    for file in files {
        // Print the name before a possible panic.
        println!("{}", file.display());
        run(&std::fs::read(&file).unwrap());
    }
}

#[test]
fn corpus_datagrams_are_counted_without_contradiction() {
    replay("datagrams", datagrams::run);
}

#[test]
fn corpus_texts_survive_a_round_trip() {
    replay("text", text::run);
}
