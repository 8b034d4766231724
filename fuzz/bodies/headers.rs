//! Arbitrary text as a described header, and arbitrary bytes as a datagram with that header or with
//! one of the known headers of market data.

#[path = "numbers.rs"]
mod numbers;

use mcast::format::described::Header;
use mcast::format::market;

use self::numbers::check_numbered;

/// Reads the bytes up to the first line break as a header, and all others as a datagram.
///
/// # Panics
/// If a printed header does not parse as the same one, or a number does not fit its field.
pub fn run(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (text, payload) = bytes.split_at(at);
    described(text, payload);
    known(bytes);
    known(payload.get(1..).unwrap_or_default());
}

fn described(text: &[u8], payload: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let header = match text.parse::<Header>() {
        Ok(header) => header,
        Err(error) => {
            let has_example = error.contains("; for example ") || error.contains("; try ");
            assert!(has_example, "{text:?} is refused without an example: {error}");
            return;
        }
    };
    let printed = header.to_string();
    assert_eq!(printed.parse(), Ok(header), "{text:?} is printed as {printed:?}");
    for len in [0, header.end().saturating_sub(1), payload.len()] {
        let payload = &payload[..payload.len().min(len)];
        match header.read(payload) {
            Some(numbered) => {
                assert!(payload.len() >= header.end(), "{numbered:?} of {} bytes", payload.len());
                check_numbered(&numbered, header.numbering(), payload);
            }
            None => assert!(len > 0 || header.fields(payload).is_none()),
        }
    }
}

fn known(payload: &[u8]) {
    if let Some(preset) = market::recognise(payload) {
        let numbered = preset.read(payload).expect("a recognised header is read");
        check_numbered(&numbered, preset.numbering(), payload);
    }
    for preset in market::presets() {
        if let Some(numbered) = preset.read(payload) {
            check_numbered(&numbered, preset.numbering(), payload);
        }
    }
}
