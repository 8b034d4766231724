use super::*;
use crate::iface::Address;
use crate::target::TargetRange;

fn iface(index: u32, name: &str, addresses: &[&str]) -> Interface {
    let address = |text: &&str| {
        let (ip, prefix) = text.split_once('/').unwrap();
        Address { ip: ip.parse().unwrap(), prefix: prefix.parse().ok() }
    };
    Interface {
        name: name.to_owned(),
        index,
        addresses: addresses.iter().map(address).collect(),
        mac: None,
        up: true,
        multicast: name != "lo",
        loopback: name == "lo",
        ..Interface::default()
    }
}

fn host() -> Vec<Interface> {
    vec![
        iface(1, "lo", &["127.0.0.1/8", "::1/128"]),
        iface(2, "e0", &["10.0.0.101/24", "10.0.0.102/24", "fe80::1/64"]),
        iface(5, "e1", &["10.1.0.101/24"]),
    ]
}

fn target(text: &str) -> Target {
    text.parse::<TargetRange>().unwrap().targets().next().unwrap()
}

fn all(
    purpose: Purpose,
    text: &str,
    wanted: &[&str],
    route: Option<u32>,
) -> Result<Vec<Via>, IfaceError> {
    let wanted: Vec<Wanted> = wanted.iter().map(|text| text.parse().unwrap()).collect();
    let route = route.map(|index| Route { index, arbitrary: text.contains("ff") });
    choose(&host(), &target(text), &wanted, purpose, || route)
}

fn choice(text: &str, wanted: Option<&str>, route: Option<u32>) -> Result<Via, IfaceError> {
    let mut vias = all(Purpose::Send, text, wanted.as_slice(), route)?;
    assert_eq!(vias.len(), 1);
    Ok(vias.remove(0))
}

fn address(via: &Via) -> String {
    via.address.unwrap().to_string()
}

#[test]
fn an_interface_is_found_by_label_and_in_the_form_of_ip_link() {
    let mut host = host();
    host[1].labels = vec![("e0:1".to_owned(), "10.0.0.102".parse().unwrap())];
    let choose = |text: &str, wanted: &str| {
        let wanted = [wanted.parse().unwrap()];
        choose(&host, &target(text), &wanted, Purpose::Send, || None).map(|mut vias| vias.remove(0))
    };
    let via = choose("239.1.1.1", "e0:1").unwrap();
    assert_eq!((via.index, address(&via), via.pinned), (2, "10.0.0.102".to_owned(), true));
    let via = choose("ff15::1", "e0:1").unwrap();
    assert_eq!((via.index, address(&via), via.pinned), (2, "fe80::1".to_owned(), false));
    for wanted in ["e0@if5", "e0@e1", "e0@NONE"] {
        assert_eq!(choose("239.1.1.1", wanted).unwrap().index, 2, "{wanted}");
    }
    for wanted in ["e0:2", "e9@if5", "@e0", "e0@"] {
        assert_eq!(choose("239.1.1.1", wanted).is_ok(), wanted == "e0@", "{wanted}");
    }
}

#[test]
fn an_interface_is_found_by_name_address_or_index() {
    for wanted in ["e0", "10.0.0.101", "2", "fe80::1", "fe80::1%e0", "fe80::1%2"] {
        assert_eq!(choice("239.1.1.1", Some(wanted), None).unwrap().index, 2, "{wanted}");
    }
    for wanted in ["e9", "9", "10.0.0.9", "fe80::1%e1", "fe80::1%"] {
        assert!(
            matches!(choice("239.1.1.1", Some(wanted), None), Err(IfaceError::Unknown { .. })),
            "{wanted}"
        );
    }
}

#[test]
fn each_named_interface_is_chosen_once() {
    let names = |purpose, wanted: &[&str]| -> Vec<String> {
        all(purpose, "239.1.1.1", wanted, None)
            .unwrap()
            .iter()
            .map(|via| format!("{} {}", via.name, address(via)))
            .collect()
    };
    assert_eq!(names(Purpose::Send, &["e0", "e1", "2"]), ["e0 10.0.0.101", "e1 10.1.0.101"]);
    assert_eq!(
        names(Purpose::Send, &["10.0.0.101", "10.0.0.102"]),
        ["e0 10.0.0.101", "e0 10.0.0.102"]
    );
    assert_eq!(names(Purpose::Receive, &["10.0.0.101", "10.0.0.102"]), ["e0 10.0.0.101"]);
    assert_eq!(names(Purpose::Send, &["all"]), ["e0 10.0.0.101", "e1 10.1.0.101"]);
    assert_eq!(
        names(Purpose::Send, &["lo", "all"]),
        ["lo 127.0.0.1", "e0 10.0.0.101", "e1 10.1.0.101"]
    );
    assert_eq!(
        all(Purpose::Send, "[ff15::1]", &["all"], None).unwrap().len(),
        1,
        "e1 has no IPv6 address"
    );
}

#[test]
fn a_named_address_is_the_source_address() {
    let via = choice("239.1.1.1", Some("10.0.0.102"), None).unwrap();
    assert_eq!((address(&via).as_str(), via.pinned, via.named), ("10.0.0.102", true, true));
    let via = choice("239.1.1.1", Some("e0"), None).unwrap();
    assert_eq!((address(&via).as_str(), via.pinned), ("10.0.0.101", false));
    let other_family = choice("239.1.1.1", Some("fe80::1"), None).unwrap();
    assert_eq!((address(&other_family).as_str(), other_family.pinned), ("10.0.0.101", false));
}

#[test]
fn an_address_on_two_interfaces_is_ambiguous() {
    let mut twice = host();
    twice[2].addresses.push(Address { ip: "10.0.0.101".parse().unwrap(), prefix: Some(24) });
    let wanted = [Wanted::Named("10.0.0.101".to_owned())];
    let error = choose(&twice, &target("239.1.1.1"), &wanted, Purpose::Send, || None).unwrap_err();
    assert!(matches!(error, IfaceError::Twice { .. }), "{error}");
}

#[test]
fn the_route_decides_without_a_named_interface() {
    let via = choice("239.1.1.1", None, Some(5)).unwrap();
    assert_eq!((via.name.as_str(), via.named), ("e1", false));
    assert_eq!(choice("239.1.1.1", None, Some(1)).unwrap().name, "lo");
}

#[test]
fn without_a_route_only_a_single_interface_is_chosen() {
    assert!(matches!(choice("239.1.1.1", None, None), Err(IfaceError::Ambiguous { .. })));
    let only = |host: &[Interface]| choose(host, &target("239.1.1.1"), &[], Purpose::Send, || None);
    assert_eq!(only(&host()[..2]).unwrap()[0].name, "e0");
    assert!(matches!(only(&host()[..1]), Err(IfaceError::NoRoute { .. })));
}

#[test]
fn an_arbitrary_route_decides_only_without_alternatives() {
    assert_eq!(choice("[ff15::1]:5000", None, Some(2)).unwrap().name, "e0");
    let mut two = host();
    two[2].addresses.push(Address { ip: "fe80::2".parse().unwrap(), prefix: Some(64) });
    let route = || Some(Route { index: 2, arbitrary: true });
    let error = choose(&two, &target("[ff15::1]:5000"), &[], Purpose::Send, route).unwrap_err();
    assert!(matches!(error, IfaceError::Ambiguous { .. }), "{error}");
}

#[test]
fn a_link_local_group_takes_its_interface_from_the_zone_or_the_option() {
    assert!(matches!(choice("ff02::1", None, Some(2)), Err(IfaceError::NeedsZone { .. })));
    assert!(matches!(choice("fe80::9", None, Some(2)), Err(IfaceError::NeedsZone { .. })));
    for (text, wanted) in [
        ("ff02::1%e0", None),
        ("ff02::1", Some("e0")),
        ("ff02::1%2", Some("e0")),
        ("ff02::1%e0", Some("all")),
    ] {
        assert_eq!(choice(text, wanted, None).unwrap().name, "e0", "{text} {wanted:?}");
    }
    assert!(matches!(choice("ff02::1%e0", Some("e1"), None), Err(IfaceError::ZoneConflict { .. })));
    assert_eq!(all(Purpose::Send, "ff02::1%e0", &["e1", "e0"], None).unwrap()[0].name, "e0");
}

#[test]
fn a_sender_needs_an_address_and_a_receiver_does_not() {
    assert!(matches!(
        choice("ff15::1", Some("e1"), None),
        Err(IfaceError::NoAddress { family: Family::V6, .. })
    ));
    let chosen = all(Purpose::Receive, "ff15::1", &["e1"], None).unwrap();
    assert_eq!((chosen[0].index, chosen[0].address), (5, None));
    let mut down = host();
    down[1].up = false;
    let wanted = [Wanted::Named("e0".to_owned())];
    let error = choose(&down, &target("239.1.1.1"), &wanted, Purpose::Send, || None).unwrap_err();
    assert!(matches!(error, IfaceError::Down { .. }), "{error}");
    assert!(choose(&down, &target("239.1.1.1"), &wanted, Purpose::Receive, || None).is_ok());
}

#[test]
fn a_unicast_target_follows_its_route_and_is_received_on_its_interface() {
    assert_eq!(choice("10.9.9.9", None, Some(5)).unwrap().name, "e1");
    assert!(matches!(choice("10.9.9.9", None, None), Err(IfaceError::NoRoute { .. })));
    let chosen =
        |text: &str| all(Purpose::Receive, text, &[], None).map(|vias| vias[0].name.clone());
    assert_eq!(chosen("10.1.0.101"), Ok("e1".to_owned()));
    assert_eq!(chosen("127.0.0.9"), Ok("lo".to_owned()));
    assert_eq!(chosen("10.0.0.255"), Ok("e0".to_owned()));
    assert!(matches!(chosen("10.9.9.9"), Err(IfaceError::NotHere { .. })));
    assert!(matches!(
        all(Purpose::Receive, "10.9.9.9", &["e0"], None),
        Err(IfaceError::NotHere { .. })
    ));
    assert_eq!(all(Purpose::Receive, "10.1.0.101", &["all"], None).unwrap()[0].name, "e1");
    assert!(matches!(
        all(Purpose::Receive, "10.1.0.101", &["e0"], None),
        Err(IfaceError::Elsewhere { .. })
    ));
    assert!(matches!(choice("127.0.0.1", Some("e0"), None), Err(IfaceError::Elsewhere { .. })));
    assert!(matches!(chosen("255.255.255.255"), Err(IfaceError::Ambiguous { .. })));
}

#[test]
fn a_broadcast_address_belongs_to_its_network() {
    for (address, cast) in [
        ("239.1.1.1", Cast::Multicast),
        ("255.255.255.255", Cast::Broadcast),
        ("10.0.0.255", Cast::Broadcast),
        ("10.0.9.255", Cast::Unicast),
        ("127.255.255.255", Cast::Unicast),
    ] {
        assert_eq!(Cast::of(address.parse().unwrap(), &host()), cast, "{address}");
    }
}

#[test]
fn a_menu_begins_with_the_default_and_ends_with_loopback() {
    let mut host = host();
    host[1].up = false;
    let names = |route: Option<u32>| -> Vec<String> {
        let route = route.map(|index| Route { index, arbitrary: false });
        candidates(&host, "239.1.1.1".parse().unwrap(), route)
            .iter()
            .map(|iface| iface.name.clone())
            .collect()
    };
    assert_eq!(names(None), ["e1", "e0", "lo"]);
    assert_eq!(names(Some(5)), ["e1", "e0", "lo"]);
    assert_eq!(names(Some(1)), ["e1", "lo", "e0"]);
}

#[test]
fn an_error_lists_the_interfaces() {
    let text = choice("239.1.1.1", Some("eth9"), None).unwrap_err().to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "cannot find interface 'eth9': no interface of this host has this name, address or \
             index",
            "  tip: use one of these with --iface",
            "  interfaces of this host:",
            "      1  lo  up    127.0.0.1/8  ::1/128",
            "      2  e0  up    10.0.0.101/24  10.0.0.102/24  fe80::1/64",
            "      5  e1  up    10.1.0.101/24",
        ]
    );
}
