//! The messages are those that were reviewed, and none is missing.

use std::fmt::Write;
use std::fs;

use super::page::{path, text};
use super::source_texts::{normal, source_texts};

const FILE: &str = "tests/messages.txt";

#[test]
fn messages_are_those_that_were_reviewed() {
    let text = text();
    if std::env::var_os("MCAST_WRITE_MESSAGES").is_some() {
        fs::write(path(FILE), &text).expect(FILE);
    }
    let reviewed = fs::read_to_string(path(FILE)).expect(FILE).replace("\r\n", "\n");
    let differs = text.lines().zip(reviewed.lines()).position(|(now, before)| now != before);
    if let Some(line) = differs {
        let (now, before) = (text.lines().nth(line), reviewed.lines().nth(line));
        panic!(
            "line {} of {FILE} differs; MCAST_WRITE_MESSAGES=1 writes the file for a review\n\
             reviewed: {}\nnow:      {}",
            line + 1,
            before.unwrap_or_default(),
            now.unwrap_or_default()
        );
    }
    assert_eq!(text.len(), reviewed.len(), "{FILE} has another length");
}

#[test]
fn every_text_of_the_source_has_a_sample() {
    let shown = normal(&text());
    let mut missing = String::new();
    for text in source_texts().iter().filter(|text| !shown.contains(text.part.as_str())) {
        writeln!(missing, "{}: {}", text.file, text.part).unwrap();
    }
    assert!(missing.is_empty(), "texts without a sample in {FILE}:\n{missing}");
}
