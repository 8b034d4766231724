use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::iface::MacAddr;

fn changes_of(before: &InterfaceInfo, after: &InterfaceInfo) -> Vec<Changed> {
    let (before, after) = (std::slice::from_ref(before), std::slice::from_ref(after));
    interface_changes(before, after).into_iter().map(|change| change.changed).collect()
}

#[test]
fn a_membership_is_one_change() {
    let joined = |groups: &[(&str, u32)]| {
        let joined = |(group, users): &(&str, u32)| Joined {
            group: group.parse().unwrap(),
            users: Some(*users),
        };
        InterfaceInfo {
            groups: Some(groups.iter().map(joined).collect()),
            ..InterfaceInfo::sample("e0", 2)
        }
    };
    let [before, after] = [
        joined(&[("224.0.0.1", 1), ("239.1.1.1", 1), ("239.1.1.2", 2)]),
        joined(&[("224.0.0.1", 1), ("239.1.1.2", 3), ("239.1.1.3", 1)]),
    ];
    let of = |group: &str, users: Option<u32>| {
        users.map(|users| Joined { group: group.parse().unwrap(), users: Some(users) })
    };
    let change = |group, before, after| {
        Changed::Group(Values { before: of(group, before), after: of(group, after) })
    };
    assert_eq!(
        changes_of(&before, &after),
        [
            change("239.1.1.1", Some(1), None),
            change("239.1.1.2", Some(2), Some(3)),
            change("239.1.1.3", None, Some(1)),
        ]
    );
}

#[test]
fn an_interface_with_another_index_is_another_one() {
    let [old, new] = [2, 5].map(|ifindex| InterfaceInfo::sample("e0", ifindex));
    let changes = interface_changes(std::slice::from_ref(&old), std::slice::from_ref(&new));
    let whole = |iface| Some(Box::new(iface));
    assert_eq!(changes[0].changed, Changed::Interface(Values { before: whole(old), after: None }));
    assert_eq!(changes[1].changed, Changed::Interface(Values { before: None, after: whole(new) }));
}

#[test]
fn a_change_names_its_field_and_both_values() {
    let old = InterfaceInfo::sample("e0", 2);
    let new = InterfaceInfo { igmp_version: Some(2), ..old.clone() };
    let changes = interface_changes(&[old], &[new]);
    assert_eq!(
        serde_json::to_string(&changes).unwrap(),
        r#"[{"name":"e0","ifindex":2,"field":"igmp_version","before":3,"after":2}]"#
    );
}

fn address() -> impl Strategy<Value = AddressInfo> {
    (0..4_u8, prop::option::of(0..3_u8))
        .prop_map(|(last, prefix)| AddressInfo { address: IpAddr::from([10, 0, 0, last]), prefix })
}

fn joined() -> impl Strategy<Value = Joined> {
    (0..4_u8, 1..3_u32).prop_map(|(last, users)| Joined {
        group: IpAddr::from([239, 0, 0, last]),
        users: Some(users),
    })
}

fn without_copies<T, K: PartialEq>(list: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for one in list {
        if !kept.iter().any(|known| key(known) == key(&one)) {
            kept.push(one);
        }
    }
    kept
}

fn interface() -> impl Strategy<Value = InterfaceInfo> {
    let states = (any::<bool>(), any::<Option<bool>>(), any::<bool>());
    let versions = (prop::option::of(1..4_u8), prop::option::of(1..3_u8));
    let lists = (prop::collection::vec(address(), 0..4), prop::collection::vec(joined(), 0..4));
    (1..5_u32, "e[01]", states, versions, lists, 1..3_u8).prop_map(
        |(ifindex, name, (up, carrier, multicast), (igmp_version, mld_version), lists, small)| {
            let flags = if multicast { vec![Flag::Multicast] } else { Vec::new() };
            InterfaceInfo {
                up,
                carrier,
                multicast,
                flags,
                master: (small == 1).then(|| "br0".to_owned()),
                mtu_bytes: Some(u32::from(small) * 1500),
                mac: Some(MacAddr([small; 6])),
                igmp_version,
                mld_version,
                addresses: without_copies(lists.0, |address| address.address),
                groups: Some(without_copies(lists.1, |joined| joined.group)),
                ..InterfaceInfo::sample(&name, ifindex)
            }
        },
    )
}

fn interfaces() -> impl Strategy<Value = Vec<InterfaceInfo>> {
    prop::collection::vec(interface(), 0..5)
        .prop_map(|list| without_copies(list, |iface| iface.ifindex))
}

/// Replaces the element that is equal to `values.before`, as a reader of the events does.
fn replace<T: PartialEq>(list: &mut Vec<T>, values: Values<Option<T>>) {
    let place = values.before.map(|before| {
        let position = list.iter().position(|one| *one == before).expect("the value before");
        list.remove(position);
        position
    });
    if let Some(after) = values.after {
        list.insert(place.unwrap_or(list.len()), after);
    }
}

fn apply(list: &mut Vec<InterfaceInfo>, change: InterfaceChange) {
    let known = list.iter().position(|iface| iface.ifindex == change.ifindex);
    if let Changed::Interface(Values { before, after }) = change.changed {
        assert_eq!(before.as_deref(), known.map(|position| &list[position]));
        known.map(|position| list.remove(position));
        list.extend(after.map(|iface| *iface));
        return;
    }
    let iface = &mut list[known.expect("it exists")];
    match change.changed {
        Changed::Interface(_) => {}
        Changed::Name(values) => iface.name = values.after,
        Changed::Up(values) => iface.up = values.after,
        Changed::Carrier(values) => iface.carrier = values.after,
        Changed::Multicast(values) => iface.multicast = values.after,
        Changed::Flags(values) => iface.flags = values.after,
        Changed::Master(values) => iface.master = values.after,
        Changed::Vrf(values) => iface.vrf = values.after,
        Changed::MtuBytes(values) => iface.mtu_bytes = values.after,
        Changed::Mac(values) => iface.mac = values.after.map(|mac| parse_mac(&mac)),
        Changed::IgmpVersion(values) => iface.igmp_version = values.after,
        Changed::MldVersion(values) => iface.mld_version = values.after,
        Changed::Address(values) => replace(&mut iface.addresses, values),
        Changed::Group(values) => replace(iface.groups.as_mut().expect("known groups"), values),
    }
}

fn parse_mac(text: &str) -> MacAddr {
    let bytes: Vec<u8> =
        text.split(':').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    MacAddr(bytes.try_into().unwrap())
}

/// The same list, in one order.
fn sorted(mut list: Vec<InterfaceInfo>) -> Vec<InterfaceInfo> {
    list.sort_by_key(|iface| iface.ifindex);
    for iface in &mut list {
        iface.addresses.sort_by_key(|address| address.address);
        iface.groups.iter_mut().for_each(|groups| groups.sort_by_key(|joined| joined.group));
    }
    list
}

proptest! {
    #[test]
    fn the_changes_lead_to_the_next_list(before in interfaces(), after in interfaces()) {
        let mut read = before.clone();
        for change in interface_changes(&before, &after) {
            apply(&mut read, change);
        }
        prop_assert_eq!(sorted(read), sorted(after.clone()));
        prop_assert_eq!(interface_changes(&after, &after), []);
    }
}
