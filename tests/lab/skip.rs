//! Skipped tests: each is printed at once, and counted for the closing line of `cargo test`.
//!
//! The test binaries of one `cargo test` have one parent. Each appends its skipped tests to a file
//! that is named after the parent; `tests/zz_skipped.rs` runs last and reads it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Prints that a test was skipped, and notes it. `why` begins with `needs`. In CI that is a failure.
pub fn skipped(why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} {why}", test());
    note(why);
}

/// Skips a test that this kernel cannot run with any package. CI cannot choose its kernel: there it
/// is not a failure.
pub fn unsupported(why: &str) {
    note(why);
}

fn test() -> String {
    std::thread::current().name().unwrap_or("a test").to_owned()
}

fn note(why: &str) {
    let test = test();
    // Bypass the test harness, which hides the output of passing tests. Write once, because tests
    // print at the same time.
    let _ = std::io::stderr().write_all(format!("SKIPPED: {test} {why}\n").as_bytes());
    if let Some(file) = file_of(std::os::unix::process::parent_id()) {
        let file = OpenOptions::new().create(true).append(true).open(file);
        let noted = file.and_then(|mut file| file.write_all(format!("{why}\n").as_bytes()));
        noted.unwrap_or_else(|error| panic!("{test} {why}; cannot note it: {error}"));
    }
}

/// Removes the notes of this parent and returns the number of tests for each reason. Also removes
/// files of parents that ended without a closing line.
pub fn take() -> Vec<(String, usize)> {
    let own = file_of(std::os::unix::process::parent_id());
    let noted = own.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    let files = fs::read_dir(folder()).into_iter().flatten().flatten().map(|entry| entry.path());
    for file in files.filter(|file| is_stale(file) || Some(file) == own.as_ref()) {
        let _ = fs::remove_file(file);
    }
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for why in noted.lines() {
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, count)) => *count += 1,
            None => reasons.push((why.to_owned(), 1)),
        }
    }
    reasons
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The file of a parent. Its start time, the 20th field after its name, distinguishes it from an
/// earlier process with its id.
fn file_of(parent: u32) -> Option<PathBuf> {
    let stat = fs::read_to_string(format!("/proc/{parent}/stat")).ok()?;
    let start = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.to_owned();
    Some(folder().join(format!("skipped-{parent}-{start}")))
}

fn is_stale(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let parent = name.strip_prefix("skipped-").and_then(|rest| rest.split('-').next());
    let parent = parent.and_then(|parent| parent.parse().ok());
    parent.is_some_and(|parent| file_of(parent).as_deref() != Some(file))
}
