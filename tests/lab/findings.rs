//! The findings of `mcast check`, or of a receiver, and the errors of a transport stream.

use std::cell::Cell;

use serde_json::Value;

use super::Finished;

/// The ids of the findings of a level.
pub fn ids(checked: &Finished, level: &str) -> Vec<String> {
    let of_level =
        checked.events_of("finding").into_iter().filter(|finding| finding["level"] == level);
    of_level.map(|finding| finding["id"].as_str().expect("an id").to_owned()).collect()
}

/// The finding with this id, which must be there.
pub fn finding(checked: &Finished, id: &str) -> Value {
    let found = checked.events_of("finding").into_iter().find(|finding| finding["id"] == id);
    found.unwrap_or_else(|| panic!("no finding {id}\n{checked}"))
}

/// Asserts that a receiver found no fault in a transport stream. A check without its subject has no
/// result. The tables come late if a busy machine stops the sender.
pub fn assert_no_ts_error(ts: &Value) {
    for (check, errors) in ts["tr101290"].as_object().expect("checks") {
        let table = match check.as_str() {
            "pat_error" => "pat_interval_ns",
            "pmt_error" => "pmt_interval_ns",
            _ => "none",
        };
        let is_late = ts[table]["max"].as_u64() > Some(500_000_000);
        assert!(*errors == 0 || errors.is_null() || is_late, "{check}: {ts}");
    }
}

/// With `MCAST_RECORD_FACTS=/some/directory`, the options that record the facts there, by the name
/// of the test. `tests/facts` repeats the reasoning from the records.
pub fn record() -> Vec<String> {
    thread_local!(static RECORDED: Cell<usize> = const { Cell::new(0) });
    let Ok(directory) = std::env::var("MCAST_RECORD_FACTS") else { return Vec::new() };
    let number = RECORDED.get() + 1;
    RECORDED.set(number);
    let test = std::thread::current().name().unwrap_or("facts").to_owned();
    let name = if number == 1 { test } else { format!("{test}-{number}") };
    vec!["--record".to_owned(), format!("{directory}/{name}.json")]
}
