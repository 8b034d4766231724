//! Text of DVB tables (EN 300 468, annex A).

/// The most characters that are kept of a name.
const MOST_LETTERS: usize = 128;

/// Decodes a text. Characters of an unsupported table become U+FFFD, and emphasis is left out.
pub fn decode(bytes: &[u8]) -> String {
    let (table, text) = match bytes {
        [0x10, 0, part, text @ ..] => (Table::Iso8859(*part), text),
        [0x11, text @ ..] => (Table::Ucs2, text),
        [0x15, text @ ..] => (Table::Utf8, text),
        [first @ 0x01..=0x0b, text @ ..] => (Table::Iso8859(first + 4), text),
        [0x0c..=0x1f, text @ ..] => (Table::Other, text),
        text => (Table::Latin, text),
    };
    let text = match table {
        Table::Ucs2 => take(ucs2(text)),
        Table::Utf8 => take(String::from_utf8_lossy(text).chars()),
        Table::Latin => take(latin(text)),
        Table::Iso8859(part) => take(text.iter().map(|byte| iso8859(part, *byte))),
        Table::Other => take(text.iter().map(|byte| ascii(*byte).unwrap_or('\u{fffd}'))),
    };
    text.trim().to_owned()
}

enum Table {
    Latin,
    Iso8859(u8),
    Ucs2,
    Utf8,
    Other,
}

/// The characters without the controls of DVB: emphasis on and off, and a line break, which becomes
/// a space.
fn take(letters: impl Iterator<Item = char>) -> String {
    let shown =
        letters.filter(|letter| !matches!(letter, '\u{86}' | '\u{87}' | '\u{e086}' | '\u{e087}'));
    let shown = shown.map(|letter| match letter {
        '\u{8a}' | '\u{e08a}' => ' ',
        letter => letter,
    });
    shown.take(MOST_LETTERS).collect()
}

fn ascii(byte: u8) -> Option<char> {
    (byte < 0xa0).then_some(char::from(byte))
}

fn ucs2(text: &[u8]) -> impl Iterator<Item = char> {
    let units = text.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}'))
}

/// The upper half of ISO 6937 without its accents, with the Euro of EN 300 468, from A0 to FF. A
/// space is an unused code.
const LATIN: &str = concat!(
    "\u{a0}¡¢£€¥ §¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿",
    "                ―¹®©™♪¬¦    ⅛⅜⅝⅞",
    "ΩÆÐªĦ ĲĿŁØŒºÞŦŊŉĸæđðħıĳŀłøœßþŧŋ\u{ad}",
);

/// The accents of ISO 6937, from C0 to CF, as combining characters. A space is an unused code.
const ACCENTS: &str = " \u{300}\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}\u{308} \u{30a}\u{327} \u{30b}\u{328}\u{30c}";

/// Letters with an accent that have a character of their own: letter, accent, character.
const COMPOSED: &str = concat!(
    "A\u{300}ÀA\u{301}ÁA\u{302}ÂA\u{303}ÃA\u{308}ÄA\u{30a}ÅC\u{327}ÇE\u{300}ÈE\u{301}É",
    "E\u{302}ÊE\u{308}ËI\u{300}ÌI\u{301}ÍI\u{302}ÎI\u{308}ÏN\u{303}ÑO\u{300}ÒO\u{301}Ó",
    "O\u{302}ÔO\u{303}ÕO\u{308}ÖU\u{300}ÙU\u{301}ÚU\u{302}ÛU\u{308}ÜY\u{301}ÝC\u{30c}Č",
    "S\u{30c}ŠZ\u{30c}ŽR\u{30c}ŘE\u{30c}ĚO\u{30b}ŐU\u{30b}ŰA\u{328}ĄE\u{328}ĘS\u{301}Ś",
    "a\u{300}àa\u{301}áa\u{302}âa\u{303}ãa\u{308}äa\u{30a}åc\u{327}çe\u{300}èe\u{301}é",
    "e\u{302}êe\u{308}ëi\u{300}ìi\u{301}íi\u{302}îi\u{308}ïn\u{303}ño\u{300}òo\u{301}ó",
    "o\u{302}ôo\u{303}õo\u{308}öu\u{300}ùu\u{301}úu\u{302}ûu\u{308}üy\u{301}ýc\u{30c}č",
    "s\u{30c}šz\u{30c}žr\u{30c}ře\u{30c}ěo\u{30b}őu\u{30b}űa\u{328}ąe\u{328}ęs\u{301}ś",
);

/// The default table: ISO 6937, in which an accent comes before its letter.
fn latin(text: &[u8]) -> impl Iterator<Item = char> {
    let mut bytes = text.iter().copied();
    let mut pending = None;
    std::iter::from_fn(move || {
        if let Some(accent) = pending.take() {
            return Some(accent);
        }
        let byte = bytes.next()?;
        let Some(accent) = accent(byte) else { return Some(unaccented(byte)) };
        let letter = bytes.next().map_or(' ', unaccented);
        let composed = composed(letter, accent);
        if composed.is_none() {
            pending = Some(accent);
        }
        Some(composed.unwrap_or(letter))
    })
}

fn accent(byte: u8) -> Option<char> {
    let place = byte.checked_sub(0xc0)?;
    ACCENTS.chars().nth(place.into()).filter(|accent| *accent != ' ')
}

fn unaccented(byte: u8) -> char {
    let upper = || LATIN.chars().nth(usize::from(byte) - 0xa0).filter(|letter| *letter != ' ');
    ascii(byte).or_else(upper).unwrap_or('\u{fffd}')
}

fn composed(letter: char, accent: char) -> Option<char> {
    let mut letters = COMPOSED.chars();
    loop {
        let (base, mark, whole) = (letters.next()?, letters.next()?, letters.next()?);
        if (base, mark) == (letter, accent) {
            return Some(whole);
        }
    }
}

/// A character of a part of ISO 8859. Parts that are no shift of a Unicode block are left out,
/// except for the common ones.
fn iso8859(part: u8, byte: u8) -> char {
    let code = u32::from(byte);
    let found = match (part, byte) {
        (_, 0..=0xa0) => Some(code),
        (15, 0xa4) => Some(0x20ac),
        (15, 0xa6 | 0xa8) => Some(0x160 + (code - 0xa6) / 2),
        (15, 0xb4 | 0xb8) => Some(if byte == 0xb4 { 0x17d } else { 0x17e }),
        (15, 0xbc | 0xbd) => Some(0x152 + (code - 0xbc)),
        (15, 0xbe) => Some(0x178),
        (9, 0xd0 | 0xdd | 0xde | 0xf0 | 0xfd | 0xfe) => Some(match byte {
            0xd0 => 0x11e,
            0xdd => 0x130,
            0xde => 0x15e,
            0xf0 => 0x11f,
            0xfd => 0x131,
            _ => 0x15f,
        }),
        (1 | 9 | 15, _) | (5, 0xad) => Some(code),
        (5, 0xf0) => Some(0x2116),
        (5, 0xfd) => Some(0xa7),
        (5, _) => Some(code + 0x360),
        (6, 0xc1..=0xda | 0xe0..=0xf2) => Some(code + 0x560),
        (7, 0xb4..=0xb6 | 0xb8..=0xba | 0xbc | 0xbe..=0xd1 | 0xd3..=0xfe) => Some(code + 0x2d0),
        (8, 0xe0..=0xfa) => Some(code + 0x4f0),
        (11, 0xa1..=0xda | 0xdf..=0xfb) => Some(code + 0xd60),
        _ => None,
    };
    found.and_then(char::from_u32).unwrap_or('\u{fffd}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_byte_selects_the_table() {
        for (bytes, text) in [
            (&b"Service01"[..], "Service01"),
            (b"\xc8Uber \xa4 \xc2e", "Über € é"),
            (b"\xcfq", "q\u{30c}"),
            (b"\x15\xc3\xa9t\xc3\xa9", "été"),
            (b"\x15\xff", "\u{fffd}"),
            (b"\x11\x04\x1f\x00e\xe0\x8a\x00r", "Пe r"),
            (b"\x01\xbf\xe0 \xf0", "Пр №"),
            (b"\x10\0\x01\xe9", "é"),
            (b"\x05\xfe\xe9", "şé"),
            (b"\x0b\xa4", "€"),
            (b"\x03\xc1", "Α"),
            (b"\x13ab\xb0\xa1", "ab\u{fffd}\u{fffd}"),
            (b"\x86Das\x87 Erste ", "Das Erste"),
            (b"", ""),
        ] {
            assert_eq!(decode(bytes), text, "{bytes:x?}");
        }
    }

    #[test]
    fn the_tables_of_latin_are_complete() {
        assert_eq!(LATIN.chars().count(), 96);
        assert_eq!(ACCENTS.chars().count(), 16);
        assert_eq!(COMPOSED.chars().count() % 3, 0);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(decode(&bytes).chars().count() <= MOST_LETTERS);
        }
    }
}
