//! Plain text.

/// The shortest text that chance does not produce: 97 of 256 bytes are ASCII text, and 0.38^24 is
/// less than 2^-33.
const SHORTEST: usize = 24;

/// Printable UTF-8 with line ends and tabs, at least 24 bytes long. NUL bytes at the end are ignored.
pub fn plain(payload: &[u8]) -> bool {
    let end = payload.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let text = payload.get(..end).map(std::str::from_utf8);
    let Some(Ok(text)) = text else { return false };
    let is_text = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    // A single byte repeated is a filler, not a text.
    text.len() >= SHORTEST
        && text.chars().all(is_text)
        && text.bytes().any(|byte| text.as_bytes().first() != Some(&byte))
}

/// A JSON object or array in one datagram.
pub fn json(payload: &[u8]) -> bool {
    let inside = payload.trim_ascii();
    let ends = (inside.first(), inside.last());
    plain(payload) && matches!(ends, (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
}
