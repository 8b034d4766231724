//! The list of addresses that `mcast ping --expect` reads.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::PlanError;
use crate::input::{Place, read_whole};
use crate::units::printable::Printable;

/// The longest list in bytes.
const LONGEST: usize = 16 << 20;

/// Reads the addresses of a file: one on each line, with comments behind `#`.
///
/// # Errors
/// The file cannot be read, is too long, has no address, or a line is not an address.
pub fn read_expected(place: &Place) -> Result<Vec<IpAddr>, PlanError> {
    let bytes = read_whole(place, LONGEST)?;
    if bytes.len() > LONGEST {
        return Err(PlanError::ExpectedTooLong { place: place.quoted(), most: LONGEST });
    }
    let text = String::from_utf8_lossy(&bytes);
    match addresses(&text) {
        Ok(addresses) if addresses.is_empty() => {
            Err(PlanError::NoneExpected { place: place.quoted() })
        }
        Ok(addresses) => Ok(addresses.into_iter().collect()),
        Err((line, word)) => Err(PlanError::NotAnAddress {
            place: place.quoted(),
            line,
            word: Printable(&word.chars().take(60).collect::<String>()).to_string(),
        }),
    }
}

/// The addresses of a list, or the number and the text of the first line that is not an address.
fn addresses(text: &str) -> Result<BTreeSet<IpAddr>, (usize, String)> {
    let mut found = BTreeSet::new();
    for (number, line) in text.lines().enumerate() {
        let word = line.split('#').next().unwrap_or_default().trim();
        if word.is_empty() {
            continue;
        }
        // A zone only names an interface of this host.
        let address = word.split('%').next().unwrap_or_default();
        let address: IpAddr = address.parse().map_err(|_| (number + 1, word.to_owned()))?;
        if address.is_multicast() || address.is_unspecified() {
            return Err((number + 1, word.to_owned()));
        }
        found.insert(address);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_an_address_on_each_line() {
        let text = "10.0.0.1\n\n# spare\n  fd00::5  # rack 2\nfe80::1%eth0\r\n10.0.0.1\n";
        let found: Vec<String> = addresses(text).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["10.0.0.1", "fd00::5", "fe80::1"]);
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        for (text, line, word) in [
            ("10.0.0.1\nrouter-1\n", 2, "router-1"),
            ("10.0.0.1 10.0.0.2\n", 1, "10.0.0.1 10.0.0.2"),
            ("\n\n239.1.1.1\n", 3, "239.1.1.1"),
        ] {
            assert_eq!(addresses(text), Err((line, word.to_owned())));
        }
    }
}
