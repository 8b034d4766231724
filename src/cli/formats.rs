//! The parser of `--format`.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command};

use crate::format::kind::{Choice, Format};
use crate::format::market;

/// The section of the help.
pub(super) const SECTION: (&str, &str) = (
    "Formats of --format",
    "  \
  auto          recognise the format of each flow
  none          measure only datagrams of mcast send --probe
  media         rtp ts; st2110-20 and st2110-40 are rtp with 32-bit numbers
  tools         iperf mgen sockperf mcjoin msend
  lighting      sacn artnet
  clocks        ptp
  market data   moldudp64 mdp3 pitch gtp xdp iex opra cta optiq eobi impact
                umdf omd memx mach
  other         a described header: FIELD=TYPE@OFFSET, separated by commas

  FIELD  VALUE OF THE FIELD
  seq    number of the datagram, or of its first message; required
  count  number of messages in the datagram; 0 is a heartbeat
  time   send time since 1970, with a unit: u64le-ns@4, u32be-s@4+u32be-us@8
  key    session or channel that has its own numbers: u32be@8, u8@0+u16be@2
  len    length of the datagram
  magic  constant bytes as hex digits: magic=4d43@0

  TYPE is u8, or u16, u24, u32, u40, u48, u56 or u64 with be or le. OFFSET is
  in bytes from the beginning of the payload: seq=u32be@4,count=u16le@14.",
);

/// Words for a format that has another name here, or that is a form of another format.
const ALIASES: &[(&str, &str)] = &[
    ("cqs", "cta"),
    ("cts", "cta"),
    ("iptv", "ts"),
    ("itch", "moldudp64"),
    ("mitch", "pitch"),
    ("mpeg-ts", "ts"),
    ("mpegts", "ts"),
    ("pillar", "xdp"),
];

/// The parser. Completions list the names.
#[derive(Clone, Copy)]
pub(super) struct Parser;

impl TypedValueParser for Parser {
    type Value = Choice;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Choice, clap::Error> {
        let parser: fn(&str) -> Result<Choice, String> = format;
        parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(names().map(PossibleValue::new)))
    }
}

/// Reads `auto`, `none`, the name of a format, or a described header. Case does not matter.
///
/// # Errors
/// The reason and a correct value.
fn format(text: &str) -> Result<Choice, String> {
    let text = text.trim();
    if text.contains(['=', '@']) {
        let header = text.parse()?;
        // The command line has one, which every stream refers to.
        return Ok(Choice::Only(Format::Described(Box::leak(Box::new(header)))));
    }
    let name = text.to_lowercase();
    match name.as_str() {
        "auto" => return Ok(Choice::Auto),
        "none" => return Ok(Choice::None),
        name if Choice::EXTENDED_RTP.contains(&name) => return Ok(Choice::ExtendedRtp),
        _ => {}
    }
    Format::by_name(&name).map(Choice::Only).ok_or_else(|| unknown(&name))
}

fn unknown(name: &str) -> String {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, known)| *known);
    let most = if name.len() < 5 { 1 } else { 2 };
    let near = names()
        .map(|known| (strsim::osa_distance(known, name), known))
        .filter(|(distance, _)| *distance <= most)
        .min();
    let hint = match alias.or(near.map(|(_, known)| known)) {
        Some(known) => format!("; did you mean {known}?"),
        None => String::new(),
    };
    let names: Vec<&str> = names().collect();
    format!(
        "unknown format{hint}\nFormats: {}\nOr a described header: seq=u32be@4,count=u16be@8",
        names.join(", ")
    )
}

/// All names: first those that are no format, then the general ones, then market data.
fn names() -> impl Iterator<Item = &'static str> {
    let general = Format::GENERAL.iter().map(|format| format.name());
    let extended = Choice::EXTENDED_RTP.into_iter();
    ["auto", "none"].into_iter().chain(general).chain(extended).chain(market::names())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_name_selects_its_format() {
        for name in names().skip(2) {
            let format = format(name).ok().and_then(Choice::only).expect(name);
            let expected = if Choice::EXTENDED_RTP.contains(&name) { "rtp" } else { name };
            assert_eq!(format.name(), expected);
        }
        assert_eq!((format("auto"), format(" None ")), (Ok(Choice::Auto), Ok(Choice::None)));
        assert_eq!(format("RTP"), Ok(Choice::Only(Format::Rtp)));
    }

    #[test]
    fn the_help_lists_each_name() {
        let words: Vec<&str> = SECTION.1.split([' ', '\n', ';']).collect();
        names().for_each(|name| assert!(words.contains(&name), "{name}"));
    }

    #[test]
    fn a_header_is_described() {
        let Ok(Choice::Only(Format::Described(header))) = format("seq=u32be@4,count=u8@0") else {
            panic!("not described");
        };
        assert_eq!(header.to_string(), "seq=u32be@4,count=u8@0");
        assert!(format("seq=u32@4").unwrap_err().contains("try seq=u32be@4"));
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        for (text, hint) in [
            ("rpt", "did you mean rtp?"),
            ("moldudp", "did you mean moldudp64?"),
            ("mitch", "did you mean pitch?"),
            ("Pillar", "did you mean xdp?"),
            ("mpegts", "did you mean ts?"),
            ("voip", "unknown format\nFormats: auto, none, rtp, ts"),
            ("", "unknown format\nFormats: auto"),
        ] {
            let error = format(text).unwrap_err();
            assert!(error.contains(hint) && error.contains("moldudp64"), "{text}: {error}");
        }
        for (alias, known) in ALIASES {
            assert!(format(alias).is_err() && format(known).is_ok(), "{alias}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = format(&text);
        }
    }
}
