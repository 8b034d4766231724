//! The size and the form of the pages.

use super::page::Page;

const README_LINES: usize = 130;
const README_WORDS: usize = 900;
const PAGE_LINES: usize = 150;
const COLUMNS: usize = 100;

#[test]
fn readme_is_short() {
    let readme = Page::read("README.md");
    let (lines, words) = (readme.text.lines().count(), readme.text.split_whitespace().count());
    assert!(lines <= README_LINES, "README.md has {lines} lines, more than {README_LINES}");
    assert!(words <= README_WORDS, "README.md has {words} words, more than {README_WORDS}");
}

#[test]
fn pages_are_short() {
    for page in Page::of_docs() {
        let lines = page.text.lines().count();
        assert!(lines <= PAGE_LINES, "{} has {lines} lines, more than {PAGE_LINES}", page.name);
    }
}

#[test]
fn pages_open_with_a_question() {
    for page in Page::of_docs() {
        let opening = page.opening();
        assert!(opening.contains('?'), "{} opens without a question: {opening}", page.name);
    }
}

/// Tables, links and HTML cannot be wrapped.
#[test]
fn prose_is_wrapped() {
    for page in Page::all() {
        for line in page.prose() {
            let cannot = ["|", "<"].iter().any(|mark| line.trim_start().starts_with(mark))
                || line.contains("http");
            let columns = line.chars().count();
            assert!(cannot || columns <= COLUMNS, "{}: {columns} columns: {line}", page.name);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn forbidden_words_are_absent() {
    use super::lab::Lab;
    let output =
        std::process::Command::new("python3").arg(super::page::root().join(".ci/words")).output();
    let Ok(output) = output else {
        Lab::skipped("needs python3");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
