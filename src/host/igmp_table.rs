//! The parser of /proc/net/igmp and /proc/net/igmp6. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::iface::Joined;

/// The IPv4 groups of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Igmp {
    pub ifindex: u32,
    pub name: String,
    pub version: Option<u8>,
    pub groups: Vec<Joined>,
}

/// Reads /proc/net/igmp: one line for each interface, and below it one for each group. Ignores
/// invalid or truncated lines.
///
/// ```text
/// Idx Device    : Count Querier   Group    Users Timer    Reporter
/// 4   eth0      :     1      V3
///                 010000E0     1 0:00000000       0
/// ```
pub fn parse_igmp(text: &str) -> Vec<Igmp> {
    let mut interfaces: Vec<Igmp> = Vec::new();
    // Whether the line of the interface was valid.
    let mut known = false;
    for line in text.lines() {
        if !line.starts_with('\t') {
            let iface = igmp_interface(line);
            known = iface.is_some();
            interfaces.extend(iface);
        } else if let (true, Some(iface)) = (known, interfaces.last_mut()) {
            iface.groups.extend(igmp_group(line));
        }
    }
    interfaces
}

fn igmp_interface(line: &str) -> Option<Igmp> {
    let (start, end) = line.split_once(':')?;
    let mut start = start.split_ascii_whitespace();
    let (ifindex, name) = (start.next()?.parse().ok()?, start.next()?.to_owned());
    let version = match end.split_ascii_whitespace().nth(1) {
        Some("V1") => Some(1),
        Some("V2") => Some(2),
        Some("V3") => Some(3),
        _ => None,
    };
    Some(Igmp { ifindex, name, version, groups: Vec::new() })
}

fn igmp_group(line: &str) -> Option<Joined> {
    let mut words = line.split_ascii_whitespace();
    // The kernel prints the four bytes of the address as a number in its byte order.
    let group = words
        .next()
        .filter(|word| is_hex(word, 8))
        .and_then(|word| u32::from_str_radix(word, 16).ok())?;
    Some(Joined {
        group: IpAddr::V4(Ipv4Addr::from(group.to_ne_bytes())),
        users: Some(words.next()?.parse().ok()?),
    })
}

/// Reads /proc/net/igmp6: one line for each group, with the index of its interface. Ignores invalid
/// or truncated lines.
///
/// ```text
/// 4    eth0            ff020000000000000000000000000001     1 0000000C 0
/// ```
pub fn parse_igmp6(text: &str) -> Vec<(u32, Joined)> {
    let joined = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let ifindex = words.next()?.parse().ok()?;
        let group = words
            .nth(1)
            .filter(|word| is_hex(word, 32))
            .and_then(|word| u128::from_str_radix(word, 16).ok())?;
        let users = Some(words.next()?.parse().ok()?);
        Some((ifindex, Joined { group: IpAddr::V6(Ipv6Addr::from_bits(group)), users }))
    };
    text.lines().filter_map(joined).collect()
}

fn is_hex(word: &str, digits: usize) -> bool {
    word.len() == digits && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(group: &str, users: u32) -> Joined {
        Joined { group: group.parse().unwrap(), users: Some(users) }
    }

    /// A group in the form of this machine's kernel.
    fn hex(group: &str) -> String {
        format!("{:08X}", u32::from_ne_bytes(group.parse::<Ipv4Addr>().unwrap().octets()))
    }

    #[test]
    fn the_igmp_table_of_the_kernel_is_read() {
        let (all, own) = (hex("224.0.0.1"), hex("239.1.2.3"));
        let text = format!(
            "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n1\tlo        \
                 :     1      V3\n\t\t\t\t{all}     1 \
                 0:00000000\t\t0\n24\te0.100@x-long-name:     2      V2\n\t\t\t\t{own}    12 \
                 1:000001A2\t\t1\n\t\t\t\t{all}     1 0:00000000\t\t0\n"
        );
        let read = parse_igmp(&text);
        assert_eq!(read.len(), 2, "{read:?}");
        let lo = Igmp {
            ifindex: 1,
            name: "lo".to_owned(),
            version: Some(3),
            groups: vec![joined("224.0.0.1", 1)],
        };
        assert_eq!(read[0], lo);
        assert_eq!(
            (read[1].ifindex, read[1].name.as_str(), read[1].version),
            (24, "e0.100@x-long-name", Some(2))
        );
        assert_eq!(read[1].groups, [joined("239.1.2.3", 12), joined("224.0.0.1", 1)]);
    }

    #[test]
    fn invalid_lines_of_the_igmp_table_are_ignored() {
        let own = hex("239.1.2.3");
        let version = |line: &str| parse_igmp(line).pop().map(|iface| iface.version);
        assert_eq!(version("2\te0        :     1      V9\n"), Some(None));
        assert_eq!(version("2\te0        :     1\n"), Some(None));
        assert_eq!(version("2\te0"), None);
        assert_eq!(version("x\te0        :     1      V3\n"), None);
        for line in [
            "\t\t\t\tEF",
            "\t\t\t\t+1234567     1",
            &format!("\t\t\t\t{own}"),
            &format!("\t\t\t\t{own}    -1 0:0"),
            "\t",
            "",
        ] {
            let read = parse_igmp(&format!("2\te0        :     1      V3\n{line}\n"));
            assert!(read[0].groups.is_empty(), "{line:?}: {read:?}");
        }
        // The groups below an invalid line do not belong to the interface above it.
        let read = parse_igmp(&format!(
            "2\te0        :     1      V3\n?\n\t\t\t\t{own}     1 0:00000000\t\t0\n"
        ));
        assert_eq!((read.len(), read[0].groups.len()), (1, 0), "{read:?}");
    }

    #[test]
    fn the_igmp6_table_of_the_kernel_is_read() {
        let text = "1    lo              ff020000000000000000000000000001     1 0000000C \
                    0\n14   e0.100@long-nam ff150000000000000000000000001234     3 00000004 \
                    0\n2    e0              ff15000000000000000000000000\ne0              \
                    ff150000000000000000000000001234     3 00000004 0\n3    e1              \
                    ff150000000000000000000000001234\n\n";
        assert_eq!(parse_igmp6(text), [(1, joined("ff02::1", 1)), (14, joined("ff15::1234", 3))]);
    }

    proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(
            text: String,
            line in "[0-9]{1,3}\t[a-z:.@ ]{0,9} *:? *[0-9]{0,3} *(V[0-9])?",
            group in "\t{0,5}[0-9A-F+]{0,9} +-?[0-9]{0,12}",
        ) {
            let _ = (parse_igmp(&text), parse_igmp6(&text));
            let text = format!("{line}\n{group}\n{text}");
            let _ = (parse_igmp(&text), parse_igmp6(&text));
        }

        #[test]
        fn a_truncated_table_has_no_false_groups(cut in 0_usize..120) {
            let text = format!(
                "2\te0        :     2      V3\n\t\t\t\t{}     1 0:00000000\t\t0\n\t\t\t\t{}     1 0:00000000\t\t0\n",
                hex("239.1.2.3"),
                hex("224.0.0.1")
            );
            let whole = parse_igmp(&text);
            for iface in parse_igmp(&text[..cut.min(text.len())]) {
                prop_assert!(iface.groups.iter().all(|joined| whole[0].groups.contains(joined)));
            }
        }
    }
}
