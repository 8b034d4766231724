//! The summary as JSON inside the page.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};
use serde::Serialize;
use serde_json::Value;

use crate::event::Stamped;
use crate::report::json::write;
use crate::units::order::sort_by_key;
use crate::units::printable::is_printable;

/// The most bytes of JSON in a page.
const MOST_BYTES: usize = 2_000_000;

/// How many entries of a long list stay, at first.
const MOST_ENTRIES: usize = 1024;

/// JSON for a page.
pub struct Embedded {
    json: String,
    /// The entries of lists that were left out: `9,000 of 10,000 streams`.
    pub left_out: Vec<String>,
}

impl Embedded {
    /// The JSON of a summary. Long lists are cut to the entries with the most losses.
    pub fn new(summary: &Stamped) -> Self {
        let all = line(summary);
        if let Some(json) = within(&all) {
            return Embedded { json, left_out: Vec::new() };
        }
        let whole: Value = serde_json::from_str(&all).unwrap_or_default();
        let mut most = MOST_ENTRIES;
        loop {
            let mut value = whole.clone();
            let mut left_out = Vec::new();
            cut(&mut value, "", most, &mut left_out);
            match within(&line(&value)) {
                Some(json) => return Embedded { json, left_out },
                None if most == 0 => return Embedded { json: "null".to_owned(), left_out },
                None => most /= 2,
            }
        }
    }

    /// The element of the page.
    pub fn element(&self) -> Markup {
        html! {
            script type="application/json" id="summary" { (PreEscaped(&self.json)) }
        }
    }
}

fn line(value: &impl Serialize) -> String {
    let mut line = Vec::new();
    // A buffer accepts everything, and each value of a summary has a form in JSON.
    let _ = write(value, &mut line);
    String::from_utf8(line).unwrap_or_default()
}

/// The JSON, escaped; `None` if it is too long.
fn within(text: &str) -> Option<String> {
    let short = |text: &str| text.len() <= MOST_BYTES;
    short(text).then(|| escaped(text)).filter(|json| short(json))
}

/// The same JSON with escapes for all characters that HTML, a reader or an editor could interpret:
/// nothing in it ends the element. These characters are in strings only.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut units = [0; 2];
    for letter in json.chars() {
        if is_printable(letter) && !matches!(letter, '<' | '>' | '&') {
            text.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut units) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Cuts each list to its `most` entries with the most losses.
fn cut(value: &mut Value, name: &str, most: usize, left_out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, value)| cut(value, name, most, left_out));
        }
        Value::Array(entries) => {
            let all = entries.len();
            if all > most {
                let lost = |entry: &Value| entry.get("lost").and_then(Value::as_u64).unwrap_or(0);
                // Stable: entries with equal losses keep their order.
                sort_by_key(entries, |entry| std::cmp::Reverse(lost(entry)));
                entries.truncate(most);
                left_out.push(format!("{} of {all} in '{name}'", all - most));
            }
            entries.iter_mut().for_each(|entry| cut(entry, name, most, left_out));
        }
        _ => {}
    }
}
