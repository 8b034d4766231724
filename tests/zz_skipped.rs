//! The closing line of `cargo test`: the number of skipped tests and the reasons. Cargo runs the
//! test binaries in alphabetical order, which makes this one the last.

#[cfg(target_os = "linux")]
#[path = "lab/skip.rs"]
#[allow(dead_code, reason = "the lab writes, and this reads")]
mod skip;

#[cfg(target_os = "linux")]
fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let reasons = skip::take();
    let total: usize = reasons.iter().map(|(_, count)| count).sum();
    let lacks: Vec<String> = reasons
        .iter()
        .map(|(why, count)| format!("{count} for lack of {}", why.trim_start_matches("needs ")))
        .collect();
    match total {
        0 => println!("no test was skipped"),
        1 => println!("SKIPPED: 1 test: {}", lacks.join(", ")),
        _ => println!("SKIPPED: {total} tests: {}", lacks.join(", ")),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {}
