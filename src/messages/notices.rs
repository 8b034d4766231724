//! Advice and warnings.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::page::{Page, notice};
use super::recordings;
use super::samples::{at, failed_join, ip, listen, via};
use crate::format::ptp::{ClockIdentity, Grandmaster};
use crate::format::sacn::Cid;
use crate::host::{Commands, Ipv6};
use crate::iface::{Change, Family, Link, Master, Presence, Via};
use crate::net::{Discards, InterfaceEvent, KernelDrops, Operation};
use crate::notice::interface::Role;
use crate::notice::receive::{self, Waiting};
use crate::notice::shared::SourceJoins;
use crate::notice::{Notice, advice, capture, input, interface, send, shared};
use crate::stats::lighting::{Conflict, SourceId};
use crate::target::{Endpoint, Filter, Listen};
use crate::units::Rate;
use crate::units::rcvbuf::RcvbufRequest;

pub fn page() -> Page {
    let kinds = [
        about_addresses(),
        of_sender(),
        of_receiver(),
        of_sources(),
        of_drops(),
        of_interfaces(),
        super::readings::notices(),
    ];
    Page { title: "advice and warnings", samples: kinds.concat().iter().map(notice).collect() }
}

fn about_addresses() -> Vec<Notice> {
    let to = |groups: &[&str]| -> Vec<Endpoint> {
        groups.iter().map(|group| at(group, via("eth0"))).collect()
    };
    let link = |kind: &str| Link { kind: Some(kind.to_owned()), ..Link::default() };
    let vias =
        [Via { link: link("wireguard"), ..via("wg0") }, Via { no_multicast: true, ..via("eth0") }];
    let ends = vias.map(|via| at("239.1.1.1", via));
    let mut notices = advice::for_sender(&to(&["224.0.0.251", "225.1.1.1"]), Some(16));
    notices.extend(advice::for_sender(
        &to(&["224.0.0.1", "224.0.0.2", "225.1.1.1", "226.1.1.1"]),
        Some(16),
    ));
    notices.extend(advice::for_sender(&to(&["ff0e::1", "239.128.0.1"]), Some(16)));
    notices.extend(advice::for_sender(
        &to(&["ff0e::1", "ff0e::2", "239.0.0.1", "239.0.0.2"]),
        Some(16),
    ));
    notices.extend(advice::for_sender(&to(&["239.1.1.1"]), None));
    notices.extend(advice::for_sender(&to(&["ff15::1234"]), None));
    notices.extend(advice::for_sender(&to(&["239.1.1.1"]), Some(0)));
    notices.extend(advice::for_sender(&to(&["ff15::1234"]), Some(0)));
    notices.push(advice::bare_port(("ff15::1234".parse().expect("an address"), 5000)));
    notices.push(advice::ttl_is_no_time(5));
    notices.push(advice::input_not_sent());
    notices.extend(advice::for_length(9000, &to(&["239.1.1.1"]), || BTreeMap::from([(2, 1500)])));
    notices.extend(advice::for_interfaces(ends.iter()));
    notices.push(advice::tunnel_route(ip("239.1.1.1"), "tun0", "eth0"));
    notices
}

fn of_sender() -> Vec<Notice> {
    let refused = io::Error::from_raw_os_error(libc::ECONNREFUSED);
    let full = io::Error::from_raw_os_error(libc::ENETUNREACH);
    vec![
        send::not_sent(&Operation::Send(at("239.1.1.1", via("eth0"))).failed(full)),
        input::payload_awaited(),
        input::replay_awaited("standard input"),
        input::fifo_awaited("'fifo'"),
        send::came_back(&at("10.0.0.101", via("eth0")), &refused),
        send::loopback_loops("lo"),
        capture::cut("'x.pcap'", 123),
        capture::doubled(&["eth0", "br0"].map(str::to_owned)),
        capture::doubled(&[]),
        capture::no_way("[ff15::1]:5000", "no interface has an IPv6 address"),
        capture::flood_limited("224.0.0.251:5353"),
    ]
}

fn of_receiver() -> Vec<Notice> {
    let from = |group: &str, source: &str| Listen {
        filter: Arc::new(Filter::Include(vec![ip(source)])),
        ..listen(group)
    };
    let ssm = ["232.1.1.1", "232.1.1.2"].map(listen);
    let one = SourceJoins { in_range: Some(ip("232.1.1.1")), others: false };
    let (rate, pause) = (Rate::Bits(1e9), Duration::from_millis(20));
    let pause = RcvbufRequest::Pause { rate, pause, payload: 1316 };
    let mut notices = vec![
        receive::rcvbuf_capped(RcvbufRequest::Bytes(4 << 20), 425_984, Some(212_992)),
        receive::rcvbuf_capped(pause, 212_992, None),
        receive::still_waiting(Waiting::Datagrams { received: 3, count: 10 }, true),
        receive::still_waiting(Waiting::FirstStream, false),
        receive::still_waiting(Waiting::Ends { open: 1, streams: 2 }, false),
        receive::not_left(
            &Operation::Leave(at("239.1.1.1", via("eth0")))
                .failed(io::Error::from_raw_os_error(libc::ENODEV)),
        ),
        receive::nothing_received("239.1.1.1:5000 on eth0", Some("mcast check 239.1.1.1:5000")),
        receive::nothing_received("10.0.0.101:5000 on eth0", None),
        receive::recording_ended(&recordings::ended()[0]),
        receive::recording_ended(&recordings::ended()[1]),
        receive::clock_set(3600.0),
        receive::clock_set(-0.25),
        receive::too_many_streams(4096),
        receive::arrives_twice("eth0", "eth1"),
        shared::arrives_twice(&["eth0", "eth1", "eth2"].map(str::to_owned)),
        receive::ssm_unsupported("eth0", "IGMPv2", one),
        receive::ssm_unsupported("eth0", "IGMPv2", SourceJoins { others: true, ..one }),
        receive::ssm_unsupported("eth0", "MLDv1", SourceJoins { in_range: None, others: true }),
        shared::no_netlink(),
    ];
    notices.extend(receive::any_source_in_ssm_range(&ssm[..1]));
    notices.extend(receive::any_source_in_ssm_range(&ssm));
    notices.extend(receive::any_source_in_ssm_range(&[listen("ff35::1234")]));
    notices.extend(receive::any_source_in_ssm_range(&[from("232.1.1.1", "10.0.0.5")]));
    notices
}

fn of_sources() -> Vec<Notice> {
    let cid = |last| {
        SourceId::Cid(Cid([0x98, 0x3b, 0xe8, 0xe5, 0x31, 0x79, 0, 1, 2, 3, 4, 5, 6, 7, 8, last]))
    };
    let conflict = |first, second| {
        receive::shared_universe(&Conflict { universe: 7, sources: [first, second] })
    };
    let address = |address| (SourceId::Address(ip(address)), None);
    let grandmaster = |last| Grandmaster {
        identity: ClockIdentity([0xe6, 0x15, 0xec, 0xff, 0xfe, 0xe0, 0x17, last]),
        priority1: 128,
        class: 6,
        accuracy_code: 0x21,
        variance: 0x4e5d,
        priority2: 128,
        time_source_code: 0x20,
    };
    let (first, second) = (grandmaster(0xec), grandmaster(0xed));
    vec![
        conflict((cid(1), Some(100)), (cid(2), Some(100))),
        conflict((cid(1), Some(100)), (cid(2), Some(120))),
        conflict(address("10.0.0.5"), address("10.0.0.6")),
        receive::answers_withheld(Some(1000)),
        receive::answers_withheld(None),
        receive::two_grandmasters(0, &[first, second]),
        receive::grandmaster_changed(0, &first, &second),
    ]
}

fn of_drops() -> Vec<Notice> {
    let discards = |count, exact, unclear| Discards {
        drops: KernelDrops { count, exact },
        unclear,
        checksum_errors: Some(25),
        own_checksum_errors: 25,
        of_host: false,
    };
    vec![
        receive::kernel_drops(&discards(1, true, 0)),
        receive::kernel_drops(&discards(824, false, 0)),
        receive::kernel_drops(&discards(824, true, 12)),
        receive::kernel_drops(&Discards { of_host: true, ..discards(0, false, 12) }),
        receive::checksum_errors(&discards(0, true, 0)),
        receive::checksum_errors(&Discards { own_checksum_errors: 0, ..discards(0, true, 0) }),
    ]
}

fn of_interfaces() -> Vec<Notice> {
    use Presence::{Down, Gone, NoAddress, Ready};
    let remade = |change: &mut Change| change.remade = true;
    let moved = |change: &mut Change| {
        (change.remade, change.old_is_there) = (true, true);
        change.old = Arc::new(via("eth0"));
    };
    let lost = |change: &mut Change| change.new = Arc::new(Via { pinned: true, ..via("eth1") });
    let readdressed = |change: &mut Change| {
        change.new = Arc::new(Via { address: Some(ip("10.0.0.102")), ..via("eth1") });
    };
    let unchanged = |rejoined, appeared| InterfaceEvent {
        change: None,
        appeared,
        ..changed(Ready, Ready, rejoined, |_| ())
    };
    let events = [
        changed(Ready, Gone, 0, |_| ()),
        changed(Gone, Ready, 1, remade),
        changed(Gone, Ready, 2, remade),
        changed(Ready, Ready, 1, moved),
        changed(Ready, Down, 0, |_| ()),
        changed(Down, Ready, 1, |_| ()),
        changed(Ready, NoAddress, 0, |_| ()),
        changed(Ready, NoAddress, 0, lost),
        changed(NoAddress, Ready, 0, |_| ()),
        changed(Ready, Ready, 0, readdressed),
        unchanged(1, false),
        unchanged(1, true),
        unchanged(2, true),
    ];
    let of_sender = [changed(Ready, Gone, 0, |_| ()), changed(Gone, Ready, 2, remade)];
    let mut notices: Vec<Notice> = events
        .into_iter()
        .flat_map(|event| interface::of_events(&[event], Role::Receiver))
        .collect();
    notices.extend(interface::of_events(&of_sender, Role::Sender));
    notices.push(interface::not_rejoined(&failed_join(libc::EPERM), 0));
    notices.push(interface::not_rejoined(&failed_join(libc::EPERM), 9));
    notices.extend(at_start());
    notices
}

/// A change of eth1.
fn changed(
    was: Presence,
    now: Presence,
    rejoined: usize,
    edit: impl Fn(&mut Change),
) -> InterfaceEvent {
    let (old, new) = (Arc::new(via("eth1")), Arc::new(via("eth1")));
    let mut change = Change { old, new, was, now, remade: false, old_is_there: false };
    edit(&mut change);
    let via = Arc::new(via("eth1"));
    InterfaceEvent { via, family: Family::V4, change: Some(change), rejoined, appeared: false }
}

fn at_start() -> Vec<Notice> {
    let master = |kind: &str| Master { name: format!("{kind}0"), kind: Some(kind.to_owned()) };
    let vias = [
        Link { master: Some(master("bond")), ..Link::default() },
        Link { master: Some(master("bridge")), ..Link::default() },
        Link { kind: Some("vrf".to_owned()), ..Link::default() },
        Link { is_l3_ipvlan: true, ..Link::default() },
    ]
    .map(|link| Via { link, ..via("eth0") });
    let started = vias.iter().map(|via| (via, Family::V4, Presence::Ready));
    let mut notices: Vec<Notice> =
        started.flat_map(|start| interface::at_start([start].into_iter())).collect();
    notices.push(interface::vrf_unbound("eth0", "blue"));
    for commands in [Commands::FreeBsd, Commands::Windows] {
        notices.push(interface::down("eth0", commands));
        notices.push(advice::no_multicast_flag("eth0", commands));
    }
    let of_ipv6 = [Ipv6::Off, Ipv6::Missing].map(|ipv6| interface::ipv6_remedy("eth0.7", ipv6));
    let without = [via("eth0.7")];
    let without = without.iter().map(|via| (via, Family::V6, Presence::NoAddress));
    let without = interface::at_start(without);
    notices.extend(of_ipv6.into_iter().flat_map(|remedy| {
        without.iter().cloned().map(move |notice| notice.maybe_remedy(remedy.clone()))
    }));
    notices
}
