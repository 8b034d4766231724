use super::*;
use crate::iface::Address;

fn iface(index: u32, name: &str, address: Option<&str>) -> Interface {
    let address = address.map(|ip| Address { ip: ip.parse().unwrap(), prefix: Some(24) });
    Interface {
        name: name.to_owned(),
        index,
        addresses: address.into_iter().collect(),
        up: true,
        ..Interface::default()
    }
}

fn followed(pinned: bool, interfaces: &[Interface]) -> Followed {
    let like = Family::V4.unspecified();
    let address = interfaces[0].address_like(like).filter(|_| pinned);
    let via = Via::of(&interfaces[0], like, address, true);
    Followed::new(Arc::new(via), Family::V4, interfaces)
}

/// The change: before, now, remade, and the new index.
fn look(
    followed: &mut Followed,
    interfaces: &[Interface],
    deleted: &[u32],
) -> Option<(Presence, Presence, bool, u32)> {
    followed
        .update(interfaces, deleted)
        .map(|change| (change.was, change.now, change.remade, change.new.index))
}

const IP: Option<&str> = Some("10.0.0.1");

#[test]
fn nothing_changes_without_an_event() {
    let host = [iface(2, "e0", IP)];
    let mut e0 = followed(false, &host);
    assert_eq!(e0.presence(), Presence::Ready);
    assert_eq!(look(&mut e0, &host, &[]), None);
    assert_eq!(look(&mut e0, &[iface(2, "e0", IP), iface(3, "e1", None)], &[7]), None);
}

#[test]
fn an_interface_created_again_is_another_one() {
    use Presence::*;
    let mut e0 = followed(false, &[iface(2, "e0", IP)]);
    assert_eq!(look(&mut e0, &[], &[2]), Some((Ready, Gone, false, 2)));
    assert_eq!(look(&mut e0, &[], &[]), None);
    assert_eq!(look(&mut e0, &[iface(9, "e0", None)], &[]), Some((Gone, NoAddress, true, 9)));
    assert_eq!(look(&mut e0, &[iface(9, "e0", IP)], &[]), Some((NoAddress, Ready, false, 9)));
    assert_eq!(e0.via.address, IP.map(|ip| ip.parse().unwrap()));
}

#[test]
fn an_interface_recreated_between_two_updates_is_detected_despite_the_same_index() {
    use Presence::*;
    let host = [iface(2, "e0", IP)];
    let mut e0 = followed(false, &host);
    assert_eq!(look(&mut e0, &[iface(9, "e0", IP)], &[2]), Some((Ready, Ready, true, 9)));
    assert_eq!(look(&mut e0, &[iface(9, "e0", IP)], &[9]), Some((Ready, Ready, true, 9)));
    assert_eq!(look(&mut e0, &[iface(9, "e0", IP)], &[]), None);
}

#[test]
fn another_interface_with_the_old_index_is_not_followed() {
    use Presence::*;
    let mut e0 = followed(false, &[iface(2, "e0", IP)]);
    assert_eq!(look(&mut e0, &[iface(2, "tun0", None)], &[2]), Some((Ready, Gone, false, 2)));
    assert_eq!(look(&mut e0, &[iface(2, "tun0", None)], &[]), None);
}

#[test]
fn down_a_lost_address_and_a_new_name_keep_the_interface() {
    use Presence::*;
    let mut e0 = followed(false, &[iface(2, "e0", IP)]);
    let mut down = iface(2, "e0", IP);
    down.up = false;
    assert_eq!(look(&mut e0, &[down], &[]), Some((Ready, Down, false, 2)));
    assert_eq!(look(&mut e0, &[iface(2, "e0", None)], &[]), Some((Down, NoAddress, false, 2)));
    assert_eq!(
        look(&mut e0, &[iface(2, "lan", Some("10.0.0.7"))], &[]),
        Some((NoAddress, Ready, false, 2))
    );
    assert_eq!((e0.via.name.as_str(), e0.via.address), ("lan", Some("10.0.0.7".parse().unwrap())));
}

#[test]
fn a_link_local_address_leads_to_no_other_link() {
    use Presence::*;
    let address = Some("fe80::1");
    let via = Via {
        name: "e0".to_owned(),
        index: 2,
        address: Some("fe80::1".parse().unwrap()),
        pinned: true,
        named: true,
        ..Via::default()
    };
    let host = [iface(2, "e0", address), iface(3, "e1", address)];
    let mut chosen = Followed::new(Arc::new(via), Family::V6, &host);
    let mut down = iface(2, "e0", None);
    down.up = false;
    assert_eq!(
        look(&mut chosen, &[down, iface(3, "e1", address)], &[]),
        Some((Ready, Down, false, 2))
    );
    assert_eq!(look(&mut chosen, &[iface(3, "e1", address)], &[2]), Some((Down, Gone, false, 2)));
    assert_eq!(
        look(&mut chosen, &[iface(9, "e0", address), iface(3, "e1", address)], &[]),
        Some((Gone, Ready, true, 9))
    );
}

#[test]
fn an_interface_given_by_address_is_followed_by_its_address() {
    use Presence::*;
    let mut chosen = followed(true, &[iface(2, "e0", IP)]);
    let moved = [iface(2, "e0", Some("10.9.0.1")), iface(3, "e1", IP)];
    assert_eq!(look(&mut chosen, &moved, &[]), Some((Ready, Ready, true, 3)));
    assert_eq!(chosen.via.name, "e1");
    let change = chosen.clone().update(&[iface(2, "e0", IP), iface(3, "e1", None)], &[]).unwrap();
    assert!(change.remade && change.old_is_there && change.new.name == "e0");
    assert_eq!(look(&mut chosen, &[iface(2, "e0", None)], &[3]), Some((Ready, Gone, false, 3)));
    assert_eq!(look(&mut chosen, &[iface(2, "e0", IP)], &[]), Some((Gone, Ready, true, 2)));
    assert_eq!(look(&mut chosen, &[iface(2, "e0", None)], &[]), Some((Ready, NoAddress, false, 2)));
    assert_eq!(chosen.via.address, IP.map(|ip| ip.parse().unwrap()), "the address to come back to");
    assert_eq!(look(&mut chosen, &[], &[2]), Some((NoAddress, Gone, false, 2)));
    let other = Some("10.0.0.44");
    assert_eq!(
        look(&mut chosen, &[iface(9, "e0", other)], &[]),
        Some((Gone, NoAddress, true, 9)),
        "back, without it"
    );
}

#[test]
fn the_first_address_is_used_again_when_it_returns() {
    for (first, other) in [("fd00::1", "fe80::9"), ("10.0.0.1", "10.0.0.77")] {
        let [first, other] = [first, other].map(|ip| ip.parse::<IpAddr>().unwrap());
        let with = |index, ips: &[IpAddr]| {
            let addresses = ips.iter().map(|ip| Address { ip: *ip, prefix: Some(64) }).collect();
            [Interface { addresses, ..iface(index, "e0", None) }]
        };
        let via = Via {
            name: "e0".to_owned(),
            index: 2,
            address: Some(first),
            pinned: false,
            named: true,
            ..Via::default()
        };
        let mut e0 = Followed::new(Arc::new(via), Family::of(first), &with(2, &[first, other]));
        let mut address = |interfaces: &[Interface], deleted: &[u32]| {
            e0.update(interfaces, deleted);
            e0.via.address
        };
        assert_eq!(address(&with(9, &[other]), &[2]), Some(other), "at once, by what there is");
        assert_eq!(address(&with(9, &[other, first]), &[]), Some(first));
        assert_eq!(address(&with(9, &[other]), &[]), Some(other), "it was deleted alone");
        assert_eq!(address(&with(9, &[first, other]), &[]), Some(first));
    }
}
