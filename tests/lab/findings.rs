//! The findings of `mcast check`, or of a receiver.

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
