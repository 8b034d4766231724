//! The tests behind the promises.

use std::fs;

use super::page::{Page, root, spans_of};

/// Whether the file has a test of this name: a function below `#[test]`, perhaps with further
/// attributes. Property tests are inside a macro.
fn has_test(text: &str, name: &str) -> bool {
    let wanted = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().filter(|(_, line)| line.starts_with(&wanted)).any(|(at, _)| {
        let mut attributes = lines[..at].iter().rev().take_while(|line| line.starts_with('#'));
        attributes.any(|line| *line == "#[test]")
    })
}

#[test]
fn the_tests_of_all_promises_exist() {
    let page = Page::read("docs/promises.md");
    let (mut tests, mut untested) = (0, 0);
    for table in page.tables_of("promise") {
        for row in &table.rows {
            let promise = &row[0];
            if row[1] == "untested" {
                assert!(!row[2].is_empty(), "{promise}: untested without a reason");
                untested += 1;
                continue;
            }
            let file = spans_of(&row[1]).remove(0);
            let text = fs::read_to_string(root().join(&file));
            let text = text.unwrap_or_else(|error| panic!("{promise}: {file}: {error}"));
            let names = spans_of(&row[2]);
            assert!(!names.is_empty(), "{promise}: no test is named");
            for name in names {
                assert!(has_test(&text, &name), "{promise}: {file} has no test {name}");
                tests += 1;
            }
        }
    }
    assert!(tests > 40, "only {tests} tests were found");
    assert!(untested < 5, "{untested} promises are untested");
}
