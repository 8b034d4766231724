//! Differentiated services code points (DSCP) and explicit congestion notification (ECN).

use std::fmt::Display;

use super::words::display;

/// The named code points (RFC 2474, 2597, 3246, 5865, 8622).
const NAMES: [(&str, u8); 26] = [
    ("be", 0),
    ("df", 0),
    ("default", 0),
    ("le", 1),
    ("cs0", 0),
    ("cs1", 8),
    ("cs2", 16),
    ("cs3", 24),
    ("cs4", 32),
    ("cs5", 40),
    ("cs6", 48),
    ("cs7", 56),
    ("af11", 10),
    ("af12", 12),
    ("af13", 14),
    ("af21", 18),
    ("af22", 20),
    ("af23", 22),
    ("af31", 26),
    ("af32", 28),
    ("af33", 30),
    ("af41", 34),
    ("af42", 36),
    ("af43", 38),
    ("va", 44),
    ("ef", 46),
];

/// Reads a DSCP: a number from 0 to 63, or a name in any case.
pub fn parse(text: &str) -> Option<u8> {
    let name = text.to_ascii_lowercase();
    let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    named.or_else(|| name.parse().ok().filter(|value| *value <= 63))
}

/// The name in capitals, as in `EF` and `AF41`, or the number; the default is `0`.
pub fn name(dscp: u8) -> impl Display {
    let name = NAMES.iter().filter(|_| dscp != 0).find(|(_, value)| *value == dscp);
    display(move |f| match name {
        Some((name, _)) => name
            .chars()
            .try_for_each(|letter| std::fmt::Write::write_char(f, letter.to_ascii_uppercase())),
        None => write!(f, "{dscp}"),
    })
}

/// The name of an ECN codepoint (RFC 3168, 5); `None` for Not-ECT.
pub fn ecn_name(ecn: u8) -> Option<&'static str> {
    [None, Some("ECT(1)"), Some("ECT(0)"), Some("CE")][usize::from(ecn & 3)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses() {
        for dscp in 0..64 {
            assert_eq!(parse(&name(dscp).to_string()), Some(dscp));
        }
    }

    #[test]
    fn well_known_values_have_names() {
        assert_eq!(
            [0, 1, 8, 34, 40, 44, 46, 47].map(|dscp| name(dscp).to_string()),
            ["0", "LE", "CS1", "AF41", "CS5", "VA", "EF", "47"]
        );
        assert_eq!([0, 1, 2, 3].map(ecn_name), [None, Some("ECT(1)"), Some("ECT(0)"), Some("CE")]);
    }
}
