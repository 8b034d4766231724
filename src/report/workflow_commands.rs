//! Workflow commands of GitHub Actions: lines of the output that the runner obeys.
//!
//! The runner obeys `::name key=value::text` at the start of a line, behind spaces, and also
//! `##[name key=value]text` anywhere in a line. Foreign text must not contain either.

use std::borrow::Cow;
use std::env;

/// Whether a runner of GitHub Actions reads the output.
pub fn are_obeyed() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The text of a command: line breaks and percent signs are escaped.
pub fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text without commands. `\u0023` and `\u003a` are escapes in strings of JSON, too, and JSON has
/// these signs only in strings.
pub fn disarmed(found: &[u8]) -> Cow<'_, [u8]> {
    if !found.windows(3).any(|three| three == b"##[") && !found.split(is_break).any(is_command) {
        return Cow::Borrowed(found);
    }
    let mut out = Vec::with_capacity(found.len() + 16);
    for line in found.split_inclusive(is_break) {
        let margin = line.len() - line.trim_ascii_start().len();
        let (blanks, mut rest) = line.split_at(margin);
        out.extend_from_slice(blanks);
        if is_command(line) {
            out.extend_from_slice(b"\\u003a");
            rest = &rest[1..];
        }
        while let Some(at) = rest.windows(3).position(|three| three == b"##[") {
            out.extend_from_slice(&rest[..=at]);
            out.extend_from_slice(b"\\u0023");
            rest = &rest[at + 2..];
        }
        out.extend_from_slice(rest);
    }
    Cow::Owned(out)
}

fn is_break(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Whether a line begins like a command: `::`, a name, and `::` behind it. An address does not: it
/// has only one `::`.
fn is_command(line: &[u8]) -> bool {
    let Some(rest) = line.trim_ascii_start().strip_prefix(b"::") else { return false };
    rest.first().is_some_and(u8::is_ascii_alphabetic) && rest.windows(2).any(|two| two == b"::")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        String::from_utf8(disarmed(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(data("loss == 0%\r\na"), "loss == 0%25%0D%0Aa");
        assert_eq!(property("recv: a, 1%"), "recv%3A a%2C 1%25");
    }

    #[test]
    fn a_forged_command_is_harmless() {
        for (text, harmless) in [
            ("a ##[error]x\n", "a #\\u0023[error]x\n"),
            ("##[a]##[b]", "#\\u0023[a]#\\u0023[b]"),
            ("###[a]", "##\\u0023[a]"),
            ("one\n  ::error::x\n", "one\n  \\u003a:error::x\n"),
            ("::add-mask::a\r::error::b", "\\u003a:add-mask::a\r\\u003a:error::b"),
            ("::1 > ff02::1", "::1 > ff02::1"),
            ("a ::error::x ## [", "a ::error::x ## ["),
            ("", ""),
        ] {
            assert_eq!(shown(text), harmless);
        }
    }

    proptest! {
        #[test]
        fn no_command_is_left(text in "[#\\[:a\n\r ]{0,40}") {
            let shown = shown(&text);
            prop_assert!(!shown.contains("##["), "{shown:?}");
            prop_assert!(!shown.as_bytes().split(is_break).any(is_command), "{shown:?}");
        }
    }
}
