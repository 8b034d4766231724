use proptest::prelude::*;

use super::*;
use crate::target::Target;

fn parse(text: &str) -> Result<TargetRange, TargetError> {
    text.parse()
}

fn targets(text: &str) -> Vec<String> {
    let print = |target: Target| {
        let source = target.source.map(|source| format!("{source}@")).unwrap_or_default();
        let zone = target.zone.map(|zone| format!("%{zone}")).unwrap_or_default();
        format!("{source}{}{zone} {}", target.group, target.port)
    };
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).targets().map(print).collect()
}

#[test]
fn default_target_parses_to_the_default() {
    assert_eq!(parse(DEFAULT_TARGET).unwrap(), TargetRange::default());
}

#[test]
fn one_target_has_many_forms() {
    for (text, target) in [
        ("239.1.1.1", "239.1.1.1 54321"),
        ("239.1.1.1:5000", "239.1.1.1 5000"),
        ("ff15::1234", "ff15::1234 54321"),
        ("[ff15::1234]", "ff15::1234 54321"),
        ("[ff15::1234]:5000", "ff15::1234 5000"),
        ("[ff02::1%eth0]:5000", "ff02::1%eth0 5000"),
        ("ff02::1%3", "ff02::1%3 54321"),
        ("ff02::1%br-lan", "ff02::1%br-lan 54321"),
        ("udp://239.1.1.1:1234", "239.1.1.1 1234"),
        ("udp://@239.1.1.1:1234", "239.1.1.1 1234"),
        ("RTP://@239.1.1.1:1234/", "239.1.1.1 1234"),
        ("rtp://@[ff15::1]:1234", "ff15::1 1234"),
        ("udp://[ff02::1%25eth0]:1234", "ff02::1%eth0 1234"),
        ("udp://10.0.0.5@232.1.1.1:1234", "10.0.0.5@232.1.1.1 1234"),
        ("10.0.0.5@232.1.1.1", "10.0.0.5@232.1.1.1 54321"),
        ("2001:db8::5@ff3e::1", "2001:db8::5@ff3e::1 54321"),
        ("[2001:db8::5]@[ff3e::1]:5000", "2001:db8::5@ff3e::1 5000"),
        ("fe80::5%e0@[ff32::1]:5000", "fe80::5@ff32::1%e0 5000"),
        ("10.0.0.5:5000", "10.0.0.5 5000"),
        ("255.255.255.255:5000", "255.255.255.255 5000"),
        ("[fe80::5%e0]:5000", "fe80::5%e0 5000"),
        ("239.1.1.1+1:5000", "239.1.1.1 5000"),
        ("239.1.1.1/32", "239.1.1.1 54321"),
    ] {
        assert_eq!(targets(text), [target], "{text}");
    }
}

#[test]
fn any_address_has_many_forms() {
    for text in ["udp://:5000", "udp://@:5000", "rtp://@*:5000/", ":5000", "*:5000"] {
        assert_eq!(targets(text), ["0.0.0.0 5000", ":: 5000"], "{text}");
        assert_eq!(parse(text).unwrap().count(), 2);
    }
    assert_eq!(targets("*:7-8"), ["0.0.0.0 7", "0.0.0.0 8", ":: 7", ":: 8"]);
    assert_eq!(targets("0.0.0.0:5000"), ["0.0.0.0 5000"]);
    assert_eq!(targets("udp://@0.0.0.0:5000"), ["0.0.0.0 5000"]);
    assert_eq!(targets("[::]:5000"), [":: 5000"]);
}

#[test]
fn a_range_expands_group_by_group() {
    let three = ["239.1.1.255 54321", "239.1.2.0 54321", "239.1.2.1 54321"];
    assert_eq!(targets("239.1.1.255+3"), three);
    assert_eq!(targets("239.1.1.255-239.1.2.1"), three);
    assert_eq!(targets("239.1.1.4/31:7"), ["239.1.1.4 7", "239.1.1.5 7"]);
    assert_eq!(
        targets("239.1.1.1+2:7-8"),
        ["239.1.1.1 7", "239.1.1.1 8", "239.1.1.2 7", "239.1.1.2 8"]
    );
    assert_eq!(targets("[ff15::ffff]+2:7"), ["ff15::ffff 7", "ff15::1:0 7"]);
    assert_eq!(targets("[ff15::1]-[ff15::2]:7"), ["ff15::1 7", "ff15::2 7"]);
    assert_eq!(targets("[ff15::1]-ff15::2"), ["ff15::1 54321", "ff15::2 54321"]);
    assert_eq!(targets("[ff15::]/127"), ["ff15:: 54321", "ff15::1 54321"]);
    assert_eq!(targets("10.0.0.5@232.1.1.1+2:7"), ["10.0.0.5@232.1.1.1 7", "10.0.0.5@232.1.1.2 7"]);
    assert_eq!(targets("10.0.0.1:7-8"), ["10.0.0.1 7", "10.0.0.1 8"]);
    assert_eq!(parse("239.0.0.0/16").unwrap().count(), 65_536);
    assert_eq!(parse("239.255.255.255+1:1-65535").unwrap().count(), 65_535);
}

#[test]
fn an_error_names_the_wrong_part_and_shows_a_correct_target() {
    for (text, part) in [
        ("", "a group or an address is missing"),
        ("udp://", "a group or an address is missing"),
        ("5000", "try 239.1.1.1:5000, or udp://:5000 to"),
        ("hello", "'hello' is not an IP address"),
        ("all-systems.mcast.net:5000", "'all-systems.mcast.net' is not an IP address"),
        ("udp://239.1.1.1-ntp.mcast.net:5000", "'ntp.mcast.net' is not an IP address"),
        (
            "my-host.local+4:5000",
            "'my-host.local' is not an IP address, and mcast does not resolve",
        ),
        ("a-b@232.1.1.1:5000", "the source 'a-b' is not an IP address, and mcast does not resolve"),
        ("0.0.0.0+2:5000", "0.0.0.0 is not a multicast group, and only groups"),
        ("10.0.0.5@0.0.0.0:5000", "0.0.0.0 is not a multicast group"),
        ("239.1.1.300:1", "'239.1.1.300' is not an IP address"),
        ("240.0.0.1:5000", "240.0.0.1 is in an IANA-reserved range"),
        ("0.0.0.1:5000", "0.0.0.1 is in an IANA-reserved range"),
        ("*:0", "'0' is not a UDP port"),
        ("[ff15::9]-[ff15::1]:5000", "try [ff15::1]-[ff15::9]:5000"),
        ("[ff15::5]/120:5000", "try [ff15::]/120:5000, or [ff15::5]+4:5000"),
        ("[ff00::1]:5000", "ff00::1 has the reserved scope 0"),
        ("[::ffff:239.1.1.1]:5000", "try 239.1.1.1:5000"),
        ("239.1.1.1:0", "'0' is not a UDP port"),
        ("239.1.1.1:70000", "'70000' is not a UDP port"),
        ("239.1.1.1:+80", "'+80' is not a UDP port"),
        ("239.1.1.1:", "'' is not a UDP port"),
        ("239.1.1.1:5000-", "'' is not a UDP port"),
        ("239.1.1.1:5009-5000", "try 239.1.1.1:5000-5009"),
        ("[ff15::1:5000", "closing bracket is missing"),
        ("[ff15::1]5000", "'5000' after the address"),
        ("ff15::1+4:5000", "try [ff15::1]+4:5000"),
        ("ff15::1:54321", "try [ff15::1]:54321"),
        ("ff15::/120", "try [ff15::]/120:5000"),
        ("239.1.1.1%eth0:5000", "invalid zone '%eth0'"),
        ("[ff02::1%]:5000", "invalid zone '%'"),
        ("[fe80::5%e1]@[ff32::1%e0]:5000", "not both e0 and e1"),
        ("[ff12::1%e0]-[ff12::2%e1]:5000", "not both e0 and e1"),
        ("http://239.1.1.1:5000", "'http://' is not a supported URL scheme"),
        ("udp://239.1.1.1:5000?ttl=2", "'?ttl=2' is an option of media players"),
        ("@239.1.1.1:5000", "the source before '@' is missing"),
        ("me@232.1.1.1:5000", "the source 'me' is not an IP address"),
        ("239.1.1.2@232.1.1.1:5000", "the source cannot be 239.1.1.2, a multicast group"),
        ("240.0.0.1@232.1.1.1:5000", "the source cannot be 240.0.0.1, an IANA"),
        ("[::ffff:10.0.0.5]@[ff3e::1]:5000", "an IPv4-mapped IPv6 address"),
        ("0.0.0.0@232.1.1.1:5000", "cannot be 0.0.0.0, the unspecified address"),
        ("2001:db8::5@232.1.1.1:5000", "the source 2001:db8::5 is IPv6, but 232.1.1.1 is IPv4"),
        ("10.0.0.5@10.0.0.9:5000", "10.0.0.9 is not a multicast group"),
        ("239.1.1.1+0:5000", "must be greater than zero"),
        ("239.1.1.1+:5000", "'+' is not a number of groups"),
        ("239.1.1.1+-4:5000", "'+-4' is not a number of groups"),
        ("239.1.1.0/33:5000", "'/33' is not an IPv4 prefix length (0 to 32)"),
        ("239.1.1.5/28:5000", "239.1.1.5/28 begins at 239.1.1.0"),
        ("239.1.1.9-239.1.1.1:5000", "239.1.1.9 to 239.1.1.1 is reversed"),
        ("10.0.0.9-10.0.0.1:5000", "only groups can form a range"),
        ("239.1.1.9-10.0.0.1:5000", "10.0.0.1 is not a multicast group"),
        ("239.1.1.1/3:5000", "targets exceed the maximum of 65536"),
        ("239.1.1.9-[ff15::1]:5000", "239.1.1.9 is IPv4, but ff15::1 is IPv6"),
        ("10.0.0.1+2:5000", "10.0.0.1 is not a multicast group"),
        ("10.0.0.1-10.0.0.9:5000", "only groups can form a range"),
        ("10.0.0.0/24:5000", "only groups can form a range"),
        ("223.255.255.255-224.0.0.9:5000", "only groups can form a range"),
        ("239.255.255.255+2:5000", "extends past the last multicast address"),
        (
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]+2:5000",
            "extends past the last multicast address",
        ),
        ("239.255.255.0-240.0.0.9:5000", "extends past the last multicast address"),
        ("[ff0f:ffff:ffff:ffff:ffff:ffff:ffff:ffff]+2:5000", "ff10:: has the reserved scope 0"),
        ("239.0.0.0/8:5000", "16777216 targets exceed the maximum of 65536"),
        ("239.0.0.0+65537:5000", "65537 targets exceed"),
        (
            "239.0.0.0+99999999999999999999999999999999999999999:5000",
            "targets exceed the maximum of 65536",
        ),
        ("239.0.0.0+1000:1-100", "100000 targets exceed"),
        ("[ff15::]/64:5000", "18446744073709551616 targets exceed"),
        ("[ff00::]/8:5000", "targets exceed the maximum of 65536"),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
        // Each target with a port after "try" or "for example" is correct.
        let advice = error.replace("for example ", "try ");
        let words = advice.split("try ").skip(1).flat_map(|rest| rest.split([' ', ',', ';']));
        let shown: Vec<&str> = words
            .filter(|word| {
                word.ends_with(":5000") || word.ends_with("54321") || word.contains(":5000-")
            })
            .collect();
        assert!(!shown.is_empty(), "{text}: shows no correct target: {error}");
        shown.iter().for_each(|correct| {
            assert!(parse(correct).is_ok(), "{text}: shows '{correct}': {error}")
        });
    }
}

#[test]
fn only_link_scoped_addresses_need_a_zone() {
    for (text, needs) in
        [("ff02::fb", true), ("fe80::1", true), ("ff05::2", false), ("224.0.0.1", false)]
    {
        assert_eq!(parse(text).unwrap().targets().next().unwrap().needs_zone(), needs, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = parse(&text);
    }

    #[test]
    fn parsed_near_misses_print_and_parse_again(text in "((udp|rtp)://)?[\\[\\]:%.+@/?0-9a-f-]{0,40}") {
        if let Ok(range) = parse(&text) {
            prop_assert_eq!(parse(&range.to_string()).unwrap(), range);
        }
    }

    #[test]
    fn parsed_expressions_print_and_parse_again(
        text in "(udp://|rtp://)?(@|10\\.0\\.0\\.5@|\\[2001:db8::5\\]@)?(23[0-9]\\.[0-9]\\.[0-9]\\.[0-9]{1,2}|\\[ff[1-3][1-9]::[0-9a-f]{1,4}(%e0)?\\])\
                (\\+[0-9]{1,3}|/(2[89]|3[012]|12[0-8])|-239\\.9\\.9\\.9|-\\[ff3e::1\\])?(:[1-9][0-9]{0,3}(-[1-9][0-9]{3})?)?"
    ) {
        if let Ok(range) = parse(&text) {
            prop_assert_eq!(&parse(&range.to_string()).unwrap(), &range);
            prop_assert!(range.count() <= MOST_TARGETS);
            prop_assert_eq!(range.targets().count() as u64, range.count());
            prop_assert!(range.targets().all(|target| target.group.is_multicast()));
        }
    }

    #[test]
    fn every_range_prints_and_parses_again(
        bits: u128,
        v4: bool,
        groups in 1..=256_u32,
        (port, more) in (1..=u16::MAX, 0..256_u16),
        zone in proptest::option::of("[a-z][a-z0-9.-]{0,14}"),
        source: Option<[u8; 2]>,
    ) {
        let (first, source): (IpAddr, Option<IpAddr>) = if v4 {
            let first = Ipv4Addr::from_bits(0xe000_0000 | ((bits as u32) >> 4));
            (first.into(), source.map(|[a, b]| Ipv4Addr::new(10, 1, a, b).into()))
        } else {
            let first = Ipv6Addr::from_bits((0xff << 120) | (1 << 112) | (bits >> 16));
            (first.into(), source.map(|[a, b]| Ipv6Addr::from([0x2001, 0xdb8, a.into(), 0, 0, 0, 0, b.into()]).into()))
        };
        let groups = if nth(first, groups - 1).is_multicast() { groups } else { 1 };
        let ports = (port, port.saturating_add(more));
        let zone = zone.filter(|_| !v4);
        let range = TargetRange { source, first, groups, ports, zone, both: false };
        prop_assert_eq!(parse(&range.to_string()).unwrap(), range);
    }
}
