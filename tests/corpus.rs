//! Runs the corpus of the fuzz targets in `fuzz/` with every test, to keep old findings fixed.

#![allow(clippy::duplicate_mod, reason = "the targets share their helpers")]

#[path = "../fuzz/bodies/captures.rs"]
mod captures;
#[path = "../fuzz/bodies/control.rs"]
mod control;
#[path = "../fuzz/bodies/datagrams.rs"]
mod datagrams;
#[path = "../fuzz/bodies/foreign.rs"]
mod foreign;
#[path = "../fuzz/bodies/headers.rs"]
mod headers;
#[cfg(feature = "metrics")]
#[path = "../fuzz/bodies/http.rs"]
mod http;
#[path = "../fuzz/bodies/routing.rs"]
mod routing;
#[path = "../fuzz/bodies/rtp.rs"]
mod rtp;
#[path = "../fuzz/bodies/text.rs"]
mod text;
#[path = "../fuzz/bodies/tools.rs"]
mod tools;
#[path = "../fuzz/bodies/ts.rs"]
mod ts;
#[path = "../fuzz/bodies/windows_firewall.rs"]
mod windows_firewall;

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

#[test]
fn corpus_streams_of_other_senders_are_counted_without_contradiction() {
    replay("foreign", foreign::run);
}

#[test]
fn corpus_routing_messages_are_read_within_their_limits() {
    replay("routing", routing::run);
}

#[test]
fn corpus_headers_are_read_within_their_limits() {
    replay("headers", headers::run);
    replay("rtp", rtp::run);
    replay("tools", tools::run);
    replay("ts", ts::run);
}

#[test]
fn corpus_captures_are_read_alike_at_once_and_in_pieces() {
    replay("captures", captures::run);
}

#[test]
fn corpus_control_messages_are_read_within_their_limits() {
    replay("control", control::run);
}

#[cfg(feature = "metrics")]
#[test]
fn corpus_requests_get_whole_responses() {
    replay("http", http::run);
}

#[test]
fn corpus_rules_of_windows_firewall_allow_nothing_by_an_unknown_condition() {
    replay("windows_firewall", windows_firewall::run);
}
