//! The formats of files that are no captures of pcap or pcapng.

use std::fmt;

use crate::input::Place;
use crate::units::bytes::{take, u16_at};
use crate::units::words::quote;

/// How many bytes at the front decide.
pub const SIGNATURE: usize = 400;

/// A format that mcast does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Compressed; the name of the compression and the program that prints the content.
    Compressed(&'static str, &'static str),
    /// An archive of files.
    Archive(&'static str),
    /// Another format of captures that Wireshark reads.
    Capture(&'static str),
    /// Text that looks like a dump of packets in hexadecimal digits.
    HexDump,
    /// Text.
    Text,
    /// A transport stream (ISO 13818-1).
    TransportStream,
    /// Handshakes of WPA for hashcat.
    Handshakes,
    /// Shorter than any signature.
    Short,
    /// Unknown; the first bytes.
    Unknown([u8; 4]),
}

/// The formats with a signature at the front.
const SIGNATURES: &[(&[u8], Foreign)] = &[
    (b"\x1f\x8b", Foreign::Compressed("gzip", "zcat")),
    (b"\x28\xb5\x2f\xfd", Foreign::Compressed("zstd", "zstdcat")),
    (b"\xfd7zXZ\0", Foreign::Compressed("xz", "xzcat")),
    (b"BZh", Foreign::Compressed("bzip2", "bzcat")),
    (b"\x04\x22\x4d\x18", Foreign::Compressed("lz4", "lz4cat")),
    (b"\x1f\x9d", Foreign::Compressed("compress", "zcat")),
    (b"PK\x03\x04", Foreign::Archive("zip")),
    (b"7z\xbc\xaf\x27\x1c", Foreign::Archive("7z")),
    (b"snoop\0\0\0", Foreign::Capture("snoop")),
    (b"GMBU", Foreign::Capture("Network Monitor")),
    (b"RTSS", Foreign::Capture("Network Monitor")),
    (b"TRSNIFF data", Foreign::Capture("Sniffer")),
    (b"XCP\0", Foreign::Capture("NetXRay")),
    (b"iptrace ", Foreign::Capture("iptrace")),
    (b"LOGG", Foreign::Capture("BLF")),
    (b"\0\0\x02\0\x12\x05", Foreign::Capture("K12")),
    (b"HCPX", Foreign::Handshakes),
];

impl Foreign {
    /// The format of a file that begins with these bytes, if its signature is whole.
    pub fn by_signature(bytes: &[u8]) -> Option<Foreign> {
        let known = SIGNATURES.iter().find(|(magic, _)| bytes.starts_with(magic));
        known.map(|(_, format)| *format)
    }

    /// The format of a file that begins with these bytes.
    pub fn recognise(bytes: &[u8]) -> Foreign {
        if let Some(format) = Foreign::by_signature(bytes) {
            return format;
        }
        if bytes.len() > 188 && bytes.iter().step_by(188).all(|byte| *byte == 0x47) {
            return Foreign::TransportStream;
        }
        if is_erf(bytes) {
            return Foreign::Capture("ERF");
        }
        match text(bytes) {
            Some(text) if is_hex_dump(text) => Foreign::HexDump,
            Some(_) => Foreign::Text,
            None => take(bytes, 0).map_or(Foreign::Short, Foreign::Unknown),
        }
    }

    /// How to read the input after all, in one line. `command` reads a capture from the place that
    /// follows it, and `place` is the input.
    pub fn tip(self, command: &str, place: &Place) -> Option<String> {
        let file = named(place);
        Some(match self {
            Foreign::Compressed(_, program) => {
                format!("decompress it first: {program} {file} | {command} -")
            }
            Foreign::Archive(_) => "extract the capture first".to_owned(),
            Foreign::Capture(_) => {
                format!("convert it with a tool of Wireshark: editcap {file} NEW.pcapng")
            }
            Foreign::HexDump => {
                format!("convert it with a tool of Wireshark: text2pcap {file} NEW.pcapng")
            }
            Foreign::Text => "record packets instead of text: tcpdump -w NEW.pcap".to_owned(),
            Foreign::TransportStream => {
                format!("send it as a payload: mcast send 239.1.1.1:5000 --file {file}")
            }
            Foreign::Handshakes | Foreign::Short | Foreign::Unknown(_) => return None,
        })
    }
}

/// The input as an argument of another program.
fn named(place: &Place) -> String {
    place.path().map_or_else(|| "FILE".to_owned(), |path| quote(&path.display().to_string()))
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Foreign::Compressed(name, _) => write!(f, "it is compressed with {name}"),
            Foreign::Archive(name) => write!(f, "it is a {name} archive"),
            Foreign::Capture(name) => {
                write!(f, "it is in the {name} format; mcast reads pcap and pcapng")
            }
            Foreign::HexDump => f.write_str("it is a hex dump, not a capture"),
            Foreign::Text => f.write_str("it is text, not a capture"),
            Foreign::TransportStream => {
                f.write_str("it is an MPEG transport stream, not a capture")
            }
            Foreign::Handshakes => f.write_str("it is an HCCAPX file, not a capture"),
            Foreign::Short => f.write_str("it is too short for a capture"),
            Foreign::Unknown([a, b, c, d]) => {
                write!(f, "it is not a capture: it begins with {a:02x} {b:02x} {c:02x} {d:02x}")
            }
        }
    }
}

/// The first record of an ERF file: a time as a fixed-point number in little-endian order, a type,
/// flags, the length of the record, a counter, and the length on the wire.
fn is_erf(bytes: &[u8]) -> bool {
    const ETHERNET: u8 = 2;
    const MOST_TYPES: u8 = 49;
    // 2000 to 2100.
    const YEARS: std::ops::Range<u32> = 946_684_800..4_102_444_800;
    let fields = (take(bytes, 4), bytes.get(8), u16_at(bytes, 10), u16_at(bytes, 14));
    let (Some(seconds), Some(kind), Some(len), Some(wire)) = fields else { return false };
    let kind = kind & 0x7f;
    YEARS.contains(&u32::from_le_bytes(seconds))
        && (1..MOST_TYPES).contains(&kind)
        && (16..=10_240).contains(&len)
        && (kind != ETHERNET || wire >= 14)
}

/// The bytes as text, if they are.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The last letter may be incomplete.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    (!text.is_empty() && text.chars().all(is_text)).then_some(text)
}

/// Whether a line begins with an offset and bytes: `0000  01 00 5e` (Wireshark, `hexdump -C`), or
/// `0x0000:  4500` (tcpdump).
fn is_hex_dump(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace();
        let Some(offset) = words.next() else { return false };
        let offset = offset.strip_prefix("0x").unwrap_or(offset);
        let offset = offset.strip_suffix(':').unwrap_or(offset);
        let is_hex = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
        (4..=8).contains(&offset.len())
            && is_hex(offset)
            && offset.trim_start_matches('0').len() <= 4
            && words.by_ref().take(3).filter(|w| matches!(w.len(), 2 | 4) && is_hex(w)).count() == 3
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_dumps_differ_from_other_text() {
        for dump in [
            "0000  01 00 5e 01 01 01 00 00",
            "00000000  0a 0d 0d 0a 64 00 00 00  4d 3c 2b 1a |....d...M<+.|",
            "12:00:01.5 IP 10.0.0.5.5000 > 239.1.1.1.5000: UDP\n\t0x0000:  4500 005c 0000",
        ] {
            assert_eq!(Foreign::recognise(dump.as_bytes()), Foreign::HexDump, "{dump}");
        }
        for text in [
            "12:00:01.5 IP 10.0.0.5.5000 > 239.1.1.1.5000: UDP, length 64",
            "{\"event\":\"datagram\"}",
            "No.,Time,Source\n1234 56 78",
            "Größe: 5",
        ] {
            assert_eq!(Foreign::recognise(text.as_bytes()), Foreign::Text, "{text}");
        }
    }

    #[test]
    fn text_may_end_within_a_letter() {
        assert_eq!(Foreign::recognise(b"length \xc3"), Foreign::Text);
        assert_eq!(Foreign::recognise(b"\xc3\x28 length"), Foreign::Unknown(*b"\xc3\x28 l"));
    }

    #[test]
    fn every_signature_is_recognised_and_few_have_no_tip() {
        for (signature, format) in SIGNATURES {
            assert_eq!(Foreign::recognise(signature), *format);
            let tip = format.tip("mcast recv --read", &Place::Standard);
            assert_eq!(tip.is_none(), *format == Foreign::Handshakes, "{tip:?}");
        }
        assert_eq!(Foreign::recognise(b"\x7fELF"), Foreign::Unknown(*b"\x7fELF"));
        assert_eq!(Foreign::recognise(b"\x01"), Foreign::Short);
    }
}
