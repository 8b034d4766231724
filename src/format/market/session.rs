//! The name of a session in text.

use std::fmt;

use crate::units::printable::{Printable, name_of};

/// The session, unit or channel that the key of a datagram stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// A text of 10 bytes with spaces at its end, or at its beginning.
    Text([u8; 10]),
    /// A number.
    Number(u64),
    /// Two numbers, such as a channel and a session.
    Pair(u64, u64),
}

impl Session {
    /// The session that the parts of a key stand for.
    pub fn of_key((first, second): (u64, Option<u64>)) -> Self {
        second.map_or(Session::Number(first), |second| Session::Pair(first, second))
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Session::Text(bytes) => write!(f, "{}", Printable(&name_of(bytes.trim_ascii()))),
            Session::Number(number) => write!(f, "{number}"),
            Session::Pair(first, second) => write!(f, "{first}/{second}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_prints_without_effects() {
        for (session, shown) in [
            (Session::Text(*b"DAY1      "), "DAY1"),
            (Session::Text(*b"  DAY1    "), "DAY1"),
            (Session::Text(*b"A\x1b[31m\xff   "), "A\\u{1b}[31m\\xff"),
            (Session::of_key((7, None)), "7"),
            (Session::of_key((7, Some(3))), "7/3"),
        ] {
            assert_eq!(session.to_string(), shown);
        }
    }
}
