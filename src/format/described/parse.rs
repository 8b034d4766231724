//! Reads a described header.

use std::str::FromStr;

use super::field::{ByteOrder, Field, Magic, Time, TimeUnit};
use super::header::Header;

/// A correct header, for errors.
const EXAMPLE: &str = "for example seq=u32be@4,count=u16be@8";

/// The longest UDP payload of IPv4 in bytes.
const LONGEST: u32 = 65_507;

const NAMES: [&str; 6] = ["seq", "count", "time", "key", "len", "magic"];

/// The values by name, in the order of [`NAMES`].
type Values<'a> = [Option<&'a str>; NAMES.len()];

impl FromStr for Header {
    type Err = String;

    /// Reads `seq=u32be@4,count=u16le@14,time=u64le-ns@4,key=u32be@8`.
    ///
    /// # Errors
    /// The part that is wrong, the reason, and a correct header.
    fn from_str(text: &str) -> Result<Self, String> {
        let [seq, count, time, key, len, magic] = values(text)?;
        let seq = seq.ok_or_else(|| format!("the field seq is missing; {EXAMPLE}"))?;
        let one = |name, value: Option<&str>| value.map(|value| field(name, value)).transpose();
        let header = Header {
            sequence: field("seq", seq)?,
            count: one("count", count)?,
            time: time.map_or(Ok([None; 2]), times)?,
            key: key.map_or(Ok([None; 2]), keys)?,
            len: one("len", len)?,
            magic: magic.map(self::magic).transpose()?,
        };
        overlap(&header)?;
        Ok(header)
    }
}

/// Splits the header into its fields.
fn values(text: &str) -> Result<Values<'_>, String> {
    let mut values = Values::default();
    for part in text.split(',').map(str::trim) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(match part {
                "" => format!("a field is empty; {EXAMPLE}"),
                part => format!("'{part}' is not of the form FIELD=TYPE@OFFSET; {EXAMPLE}"),
            });
        };
        let name = name.trim();
        let Some(place) = NAMES.iter().position(|known| *known == name) else {
            let names = NAMES.join(", ");
            return Err(format!("unknown field '{name}'; the fields are {names}; {EXAMPLE}"));
        };
        if values[place].replace(value.trim()).is_some() {
            return Err(format!("the field {name} is given twice; {EXAMPLE}"));
        }
    }
    Ok(values)
}

/// Reads `u32be@4`.
fn field(name: &str, text: &str) -> Result<Field, String> {
    let (kind, at) = place(name, text)?;
    if kind.contains('-') {
        return Err(format!("'{name}={text}': only time has a unit; {EXAMPLE}"));
    }
    typed(name, text, kind, "", at)
}

/// Reads `u64le-ns@4`, or a sum: `u32be-s@4+u32be-ns@8`.
fn times(text: &str) -> Result<[Option<Time>; 2], String> {
    let one = |text: &str| {
        let (kind, at) = place("time", text)?;
        let Some((kind, unit)) = kind.split_once('-') else {
            let known = typed("time", text, kind, "-ns", at)?;
            return Err(format!(
                "'time={text}': the unit is missing: -s, -ms, -us or -ns; try time={}",
                Time { field: known, unit: TimeUnit::Nanoseconds }
            ));
        };
        let Some((_, unit)) = TimeUnit::ALL.into_iter().find(|(name, _)| *name == unit) else {
            return Err(format!(
                "'time={text}': unknown unit '{unit}'; the units are s, ms, us and ns; for example \
                 time=u64be-ns@8"
            ));
        };
        Ok(Time { field: typed("time", text, kind, unit.name(), at)?, unit })
    };
    let parts = two("time", text, one)?;
    match parts {
        [Some(first), Some(second)] if first.unit >= second.unit => Err(format!(
            "'time={text}': the second part must have a smaller unit; for example \
             time=u32be-s@4+u32be-ns@8"
        )),
        parts => Ok(parts),
    }
}

/// Reads `u32be@8`, or two parts of one key: `u32be@8+u8@12`.
fn keys(text: &str) -> Result<[Option<Field>; 2], String> {
    let parts = two("key", text, |text| field("key", text))?;
    if parts.iter().flatten().map(|part| part.bits()).sum::<u32>() > 64 {
        return Err(format!(
            "'key={text}': the parts exceed 64 bits; for example key=u32be@8+u32be@12"
        ));
    }
    Ok(parts)
}

/// Reads one part, or two with a plus sign between them.
fn two<T>(
    name: &str,
    text: &str,
    one: impl Fn(&str) -> Result<T, String>,
) -> Result<[Option<T>; 2], String> {
    let mut parts = text.split('+').map(str::trim);
    let first = parts.next().map(&one).transpose()?;
    let second = parts.next().map(&one).transpose()?;
    match parts.next() {
        Some(_) => Err(format!("'{name}={text}': at most two parts; {EXAMPLE}")),
        None => Ok([first, second]),
    }
}

/// Reads `4d43@0`.
fn magic(text: &str) -> Result<Magic, String> {
    let wrong =
        || format!("'magic={text}': not 1 to 8 bytes as hex digits; for example magic=4d43@0");
    let (digits, at) = place("magic", text)?;
    let mut bytes = [0; 8];
    let len = digits.len() / 2;
    if !digits.is_ascii() || digits.len() % 2 != 0 || !(1..=bytes.len()).contains(&len) {
        return Err(wrong());
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
        if pair.starts_with('+') {
            return Err(wrong());
        }
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    let magic = Magic { at, len: len as u8, bytes };
    within("magic", text, magic.end())?;
    Ok(magic)
}

/// Splits `u32be@4` into the type and the offset.
fn place<'a>(name: &str, text: &'a str) -> Result<(&'a str, u16), String> {
    let Some((kind, at)) = text.split_once('@') else {
        let kind = if text.is_empty() { "u32be" } else { text };
        return Err(format!("'{name}={text}': the offset is missing; try {name}={kind}@4"));
    };
    match at.parse::<u32>() {
        Ok(offset) if !at.starts_with('+') => {
            within(name, text, offset.saturating_add(1))?;
            Ok((kind, offset as u16))
        }
        _ => Err(format!("'{name}={text}': the offset '{at}' is not a number of bytes; {EXAMPLE}")),
    }
}

fn within(name: &str, text: &str, end: u32) -> Result<(), String> {
    if end <= LONGEST {
        return Ok(());
    }
    Err(format!("'{name}={text}': beyond the {LONGEST} bytes of the longest payload; {EXAMPLE}"))
}

/// Reads the type `u32be`. `unit` is the ending of the type in a correct value.
fn typed(name: &str, text: &str, kind: &str, unit: &str, at: u16) -> Result<Field, String> {
    let number = kind.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let bits = number.strip_prefix('u').and_then(|bits| bits.parse::<u8>().ok());
    let Some(bits) = bits.filter(|bits| (8..=64).contains(bits) && bits % 8 == 0) else {
        return Err(unknown_type(name, text, kind));
    };
    let order = match (kind.get(number.len()..), bits) {
        (Some(""), 8) | (Some("be"), 9..) => ByteOrder::Big,
        (Some("le"), 9..) => ByteOrder::Little,
        (Some(""), _) => {
            let dash = if unit.is_empty() || unit.starts_with('-') { "" } else { "-" };
            return Err(format!(
                "'{name}={text}': the byte order is missing: be or le; try \
                 {name}=u{bits}be{dash}{unit}@{at}"
            ));
        }
        _ => return Err(unknown_type(name, text, kind)),
    };
    let field = Field { at, width: bits / 8, order };
    within(name, text, field.end())?;
    Ok(field)
}

fn unknown_type(name: &str, text: &str, kind: &str) -> String {
    format!(
        "'{name}={text}': unknown type '{kind}'; the types are u8, and u16, u24, u32, u40, u48, u56 \
         and u64 with be or le; {EXAMPLE}"
    )
}

/// Refuses counters with a common byte. A time and a key may share bytes with other fields: a key
/// may be the upper half of a wider number.
fn overlap(header: &Header) -> Result<(), String> {
    let field = |name, field: Option<Field>| field.map(|field| (name, field.at, field.end()));
    let spans = [
        field("seq", Some(header.sequence)),
        field("count", header.count),
        field("len", header.len),
        header.magic.map(|magic| ("magic", magic.at, magic.end())),
    ];
    let spans = || spans.iter().flatten().map(|(name, at, end)| (name, u32::from(*at), *end));
    for (place, (name, from, end)) in spans().enumerate() {
        for (other, other_from, other_end) in spans().take(place) {
            let shared = from.max(other_from);
            if shared < end.min(other_end) {
                return Err(format!(
                    "the fields {other} and {name} share byte {shared}; {EXAMPLE}"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_prints_as_it_is_typed() {
        for text in [
            "seq=u32be@4",
            "seq=u32be@0,count=u16le@14,time=u64le-ns@4,key=u16be@12",
            "seq=u8@0,time=u32be-s@1+u32be-us@5,key=u32le@9+u8@13,len=u24le@14,magic=4c43@17",
        ] {
            assert_eq!(text.parse::<Header>().unwrap().to_string(), text);
        }
        // The key is a part of the time.
        let shared = "seq=u32be@4,count=u16le@14,time=u64le-ns@4,key=u32be@8";
        assert_eq!(shared.parse::<Header>().unwrap().to_string(), shared);
        let loose: Header = " count=u8@0 , seq=u64le@1 ".parse().unwrap();
        assert_eq!(loose.to_string(), "seq=u64le@1,count=u8@0");
    }

    #[test]
    fn a_refused_header_names_the_wrong_part() {
        for (text, why) in [
            ("", "a field is empty; for example seq=u32be@4"),
            ("seq=u32be@4,", "a field is empty"),
            ("moldudp", "'moldudp' is not of the form FIELD=TYPE@OFFSET"),
            ("sequence=u32be@4", "unknown field 'sequence'; the fields are seq, count, time"),
            ("seq=u32be@4,seq=u32be@8", "the field seq is given twice"),
            ("count=u16le@4", "the field seq is missing"),
            ("seq=u32be", "'seq=u32be': the offset is missing; try seq=u32be@4"),
            ("seq=", "try seq=u32be@4"),
            ("seq=u32be@x", "the offset 'x' is not a number of bytes"),
            ("seq=u32be@-1", "the offset '-1' is not a number of bytes"),
            ("seq=u32be@+1", "the offset '+1' is not a number of bytes"),
            ("seq=u32be@65504", "beyond the 65507 bytes of the longest payload"),
            ("seq=u32be@99999999999", "not a number of bytes"),
            ("seq=u32@4", "the byte order is missing: be or le; try seq=u32be@4"),
            ("seq=u33be@4", "unknown type 'u33be'; the types are u8, and u16"),
            ("seq=u128be@4", "unknown type 'u128be'"),
            ("seq=u8be@4", "unknown type 'u8be'"),
            ("seq=u16ne@4", "unknown type 'u16ne'"),
            ("seq=@4", "unknown type ''"),
            ("seq=u32be-ns@4", "only time has a unit"),
            (
                "seq=u8@0,time=u64le@4",
                "the unit is missing: -s, -ms, -us or -ns; try time=u64le-ns@4",
            ),
            ("seq=u8@0,time=u64-ns@4", "the byte order is missing: be or le; try time=u64be-ns@4"),
            ("seq=u8@0,time=u64le-h@4", "unknown unit 'h'; the units are s, ms, us and ns"),
            ("seq=u8@0,time=u32be-ns@4+u32be-s@8", "the second part must have a smaller unit"),
            ("seq=u8@0,key=u8@1+u8@2+u8@3", "at most two parts"),
            ("seq=u8@0,key=u64be@1+u8@9", "the parts exceed 64 bits"),
            ("seq=u8@0,magic=4@1", "not 1 to 8 bytes as hex digits; for example magic=4d43@0"),
            ("seq=u8@0,magic=zz@1", "not 1 to 8 bytes as hex digits"),
            ("seq=u8@0,magic=@1", "not 1 to 8 bytes as hex digits"),
            ("seq=u8@0,magic=é0@1", "not 1 to 8 bytes as hex digits"),
            ("seq=u8@0,magic=001122334455667788@1", "not 1 to 8 bytes"),
            ("seq=u32be@4,count=u16be@6", "the fields seq and count share byte 6"),
            ("seq=u32be@4,magic=0000@3", "the fields seq and magic share byte 4"),
        ] {
            let error = text.parse::<Header>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
            assert!(error.contains("for example") || error.contains("; try"), "{text}: {error}");
        }
    }

    /// A header with up to four fields, one behind the other.
    fn headers() -> impl Strategy<Value = Header> {
        let widths = (1_u8..=8, proptest::option::of(1_u8..=8), proptest::option::of(1_u8..=8));
        (widths, proptest::option::of(0_usize..4), 0_u16..60_000, any::<bool>()).prop_map(
            |((seq, count, key), time, from, little)| {
                let mut at = from;
                let order = if little { ByteOrder::Little } else { ByteOrder::Big };
                let mut next = |width: u8| {
                    let order = if width == 1 { ByteOrder::Big } else { order };
                    let field = Field { at, width, order };
                    at += u16::from(width);
                    field
                };
                let time = time.map(|unit| Time { field: next(8), unit: TimeUnit::ALL[unit].1 });
                Header {
                    sequence: next(seq),
                    count: count.map(&mut next),
                    time: [time, None],
                    key: [key.map(&mut next), None],
                    len: None,
                    magic: None,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_printed_header_parses(header in headers()) {
            prop_assert_eq!(header.to_string().parse::<Header>().unwrap(), header);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,40}", field in "(seq|key|time|magic)=[u0-9a-f@+-]{0,12}") {
            let _ = text.parse::<Header>();
            let _ = field.parse::<Header>();
            let _ = format!("seq=u8@0,{field}").parse::<Header>();
        }
    }
}
