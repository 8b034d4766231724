//! Why a run cannot have a view.

use super::draw::{LEAST_COLUMNS, LEAST_LINES};
use super::terminal::Place;
use crate::notice::Notice;
use crate::notice::live::no_view;
use crate::sys::TerminalInput;

/// The terminals that cannot move the cursor, or not in the usual way.
const WITHOUT_CURSOR: [&str; 3] = ["dumb", "unknown", "vt52"];

/// What decides whether there can be a view.
#[derive(Clone, Debug)]
pub struct Facts {
    pub place: Option<Place>,
    pub term: Option<String>,
    /// The lines and columns; `None` if the terminal does not report them.
    pub size: Option<(u16, u16)>,
    pub has_keys: bool,
    pub is_foreground: bool,
    /// The part of the run that uses the terminal: standard input, COMMAND.
    pub other_use: Option<&'static str>,
}

#[cfg(test)]
impl Facts {
    /// A terminal as usual.
    pub fn usual() -> Self {
        Facts {
            place: Some(Place::Output),
            term: Some("xterm".to_owned()),
            size: Some((24, 80)),
            has_keys: true,
            is_foreground: true,
            other_use: None,
        }
    }
}

/// The reason, if this run cannot have a view. `other_use` is the part of the run that uses the
/// terminal.
pub fn obstacle(other_use: Option<&'static str>) -> Option<Notice> {
    let place = Place::choose();
    let input = TerminalInput::open().ok();
    let facts = Facts {
        place,
        term: std::env::var("TERM").ok(),
        size: place.and_then(Place::size),
        has_keys: input.is_some(),
        is_foreground: input.is_none_or(|input| input.is_foreground()),
        other_use,
    };
    reason(&facts).map(|reason| no_view(&reason))
}

/// The reason against a view.
pub fn reason(facts: &Facts) -> Option<String> {
    let term = facts.term.as_deref().unwrap_or_default();
    if facts.place.is_none() {
        return Some("neither standard output nor standard error is a terminal".to_owned());
    }
    if let Some(other) = facts.other_use {
        return Some(format!("{other} uses the terminal"));
    }
    if cfg!(unix) && (term.is_empty() || WITHOUT_CURSOR.contains(&term)) {
        let term =
            if term.is_empty() { "TERM is not set".to_owned() } else { format!("TERM={term}") };
        return Some(format!("the terminal cannot move its cursor ({term})"));
    }
    if !facts.has_keys {
        return Some("there is no terminal to read keys from".to_owned());
    }
    if !facts.is_foreground {
        return Some("mcast runs in the background of the terminal".to_owned());
    }
    match facts.size {
        Some((lines, columns)) if lines < LEAST_LINES || columns < LEAST_COLUMNS => Some(format!(
            "the terminal has {columns} x {lines} characters, and the view needs {LEAST_COLUMNS} x \
             {LEAST_LINES}"
        )),
        None => Some("the terminal does not report its size".to_owned()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_obstacle_has_its_reason() {
        let usual = Facts::usual();
        assert_eq!(reason(&usual), None);
        let small = Facts { size: Some((5, 20)), ..usual.clone() };
        assert_eq!(
            reason(&small).as_deref(),
            Some("the terminal has 20 x 5 characters, and the view needs 40 x 10")
        );
        let others = [
            (Facts { place: None, ..usual.clone() }, "neither standard output nor"),
            (Facts { size: None, ..usual.clone() }, "does not report its size"),
            (Facts { is_foreground: false, ..usual.clone() }, "in the background"),
            (Facts { has_keys: false, ..usual.clone() }, "no terminal to read keys from"),
            (Facts { other_use: Some("COMMAND"), ..usual.clone() }, "COMMAND uses the terminal"),
        ];
        for (facts, part) in others {
            let reason = reason(&facts).unwrap();
            assert!(reason.contains(part), "{reason}");
        }
        if cfg!(unix) {
            for (term, part) in [(None, "TERM is not set"), (Some("dumb"), "TERM=dumb")] {
                let facts = Facts { term: term.map(str::to_owned), ..usual.clone() };
                assert!(reason(&facts).unwrap().contains(part));
            }
        }
    }
}
