//! What the fuzzers of `fuzz/` found worth keeping is run again with every test, so that it neither
//! rots nor comes back.

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
        // The name stands before the panic, where there is one.
        println!("{}", file.display());
        run(&std::fs::read(&file).unwrap());
    }
}

#[test]
fn what_is_counted_of_the_datagrams_of_the_corpus_can_be() {
    replay("datagrams", datagrams::run);
}

#[test]
fn what_the_texts_of_the_corpus_mean_is_printed_and_read_back() {
    replay("text", text::run);
}
