//! The changes of the interfaces.

use std::time::Duration;

use super::page::Page;
use super::results::{shown, shown_whole};
use super::samples::ip;
use crate::event::{AddressInfo, Event, IfacesSummary, InterfaceInfo, Watching, interface_changes};
use crate::iface::{Flag, Joined, MacAddr};
use crate::verdict::Verdict;

pub fn page() -> Page {
    let samples = vec![
        shown("ifaces --watch", events()),
        shown_whole("ifaces --watch -v", events()),
        shown("ifaces --watch -q", [summary()]),
    ];
    Page { title: "changes of interfaces", samples }
}

fn events() -> Vec<Event<'static>> {
    let lists = lists();
    let first = lists[0].iter().cloned().map(Event::Interface);
    let every = Duration::from_secs(1);
    let watching = Event::Watching(Watching { every, conclusion: None, first: None });
    let changes = lists.windows(2).flat_map(|pair| interface_changes(&pair[0], &pair[1]));
    first.chain([watching]).chain(changes.map(Event::InterfaceChange)).chain([summary()]).collect()
}

fn summary() -> Event<'static> {
    let verdict = Verdict::default();
    Event::IfacesSummary(IfacesSummary { interfaces: 2, changes: Some(24), verdict })
}

fn address(text: &str, prefix: Option<u8>) -> AddressInfo {
    AddressInfo { address: ip(text), prefix }
}

fn joined(groups: &[(&str, u32)]) -> Option<Vec<Joined>> {
    let joined = |(group, users): &(&str, u32)| Joined { group: ip(group), users: Some(*users) };
    Some(groups.iter().map(joined).collect())
}

/// Lists, each with some changes.
fn lists() -> Vec<Vec<InterfaceInfo>> {
    let e0 = InterfaceInfo {
        addresses: vec![address("10.0.0.101", Some(24))],
        groups: joined(&[("224.0.0.1", 1)]),
        ..InterfaceInfo::sample("e0", 2)
    };
    let member = InterfaceInfo {
        addresses: vec![address("10.0.0.101", Some(16)), address("10.0.0.102", None)],
        groups: joined(&[("224.0.0.1", 1), ("239.1.1.1", 1), ("239.1.1.2", 3)]),
        ..e0.clone()
    };
    let busy = InterfaceInfo {
        addresses: vec![address("10.0.0.101", Some(16))],
        groups: joined(&[("239.1.1.2", 2)]),
        igmp_version: Some(2),
        mld_version: Some(1),
        flags: vec![Flag::Up, Flag::Promiscuous, Flag::AllMulticast],
        multicast: false,
        ..member.clone()
    };
    let down = InterfaceInfo {
        up: false,
        carrier: None,
        igmp_version: None,
        mld_version: None,
        ..busy.clone()
    };
    let unplugged = InterfaceInfo { carrier: Some(false), igmp_version: Some(2), ..busy.clone() };
    let unplugged = InterfaceInfo { mld_version: None, ..unplugged };
    let renamed = InterfaceInfo {
        name: "wan".to_owned(),
        master: Some("br0".to_owned()),
        mtu_bytes: Some(9000),
        mac: Some(MacAddr([2, 0, 0, 0, 0, 9])),
        flags: vec![Flag::Up],
        ..busy.clone()
    };
    let alone = InterfaceInfo { master: None, mtu_bytes: None, ..renamed.clone() };
    let new = InterfaceInfo { addresses: e0.addresses.clone(), ..InterfaceInfo::sample("e1", 3) };
    let new_down = InterfaceInfo { up: false, ..InterfaceInfo::sample("e2", 4) };
    let new_unplugged = InterfaceInfo { carrier: Some(false), ..InterfaceInfo::sample("e3", 5) };
    vec![
        vec![e0],
        vec![member],
        vec![busy.clone()],
        vec![down],
        vec![unplugged],
        vec![busy],
        vec![renamed],
        vec![alone.clone(), new.clone(), new_down, new_unplugged],
        vec![alone, new],
    ]
}
