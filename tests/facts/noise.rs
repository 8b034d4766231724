//! Traffic that does not concern the target changes no finding, and a missing fact breaks no rule.

use std::collections::BTreeMap;

use mcast::diagnosis::{Facts, conclusion, findings};
use mcast::notice::{Id, Level, Notice};
use proptest::prelude::*;

use super::{names, record};

/// Counters that rise with the traffic of others.
const OTHERS: [&str; 16] = [
    "Ip.InReceives",
    "Ip.InDelivers",
    "IpExt.InMcastPkts",
    "Ip.ReasmReqds",
    "Ip.ReasmOKs",
    "TcpExt.IPReversePathFilter",
    "Udp.IgnoredMulti",
    "Udp.InErrors",
    "Udp.InCsumErrors",
    "Udp.RcvbufErrors",
    "Ip6.InReceives",
    "Ip6.InDelivers",
    "Ip6.InMcastPkts",
    "Udp6.IgnoredMulti",
    "Udp6.InErrors",
    "Udp6.InCsumErrors",
];

fn grave(facts: &Facts) -> Vec<Notice> {
    findings(facts).into_iter().filter(|finding| finding.level >= Level::Warning).collect()
}

fn evidence(finding: &Notice) -> &str {
    finding.why.as_deref().expect("a finding has evidence")
}

/// The same with another mode of reverse-path filtering.
fn filtering(mut facts: Facts, mode: u8) -> Facts {
    facts.interfaces.iter_mut().for_each(|link| link.rp_filter = Some(mode));
    facts
}

proptest! {
    #[test]
    fn other_traffic_is_no_fault_of_a_healthy_path(
        rises in proptest::collection::vec(0_u64..5000, OTHERS.len()),
        (dropped, damaged) in (0_u64..500, 0_u64..500),
        frames in 0_u64..100_000,
        mode in 0_u8..=2,
        seen in any::<bool>(),
    ) {
        for name in ["healthy", "healthy-with-querier", "healthy-ipv6"] {
            let mut facts = filtering(record(name), mode);
            let counters = OTHERS.iter().zip(&rises).filter(|(_, rise)| **rise > 0);
            facts.counters =
                Some(counters.map(|(name, rise)| ((*name).to_owned(), *rise)).collect());
            if let Some(counters) = facts
                .interfaces
                .iter_mut()
                .find(|link| link.name == "e0")
                .and_then(|link| link.counters.as_mut())
            {
                (counters.rx_dropped, counters.rx_errors) = (dropped, damaged);
            }
            facts.frames = facts.frames.filter(|_| seen);
            if let Some(seen) = &mut facts.frames {
                seen.others = BTreeMap::from([("e0".to_owned(), frames)]);
            }
            let grave = grave(&facts);
            prop_assert!(grave.is_empty(), "{grave:#?}");
        }
    }

    #[test]
    fn losses_of_others_are_no_fault_of_a_silent_group(
        rises in proptest::collection::vec(0_u64..5000, OTHERS.len()),
        mode in 0_u8..=2,
        seen in any::<bool>(),
    ) {
        for name in ["silence", "silence-as-nobody", "silence-ipv6"] {
            let mut facts = filtering(record(name), mode);
            facts.counters = Some(
                OTHERS.iter().zip(&rises).map(|(name, rise)| ((*name).to_owned(), *rise)).collect(),
            );
            facts.frames = facts.frames.filter(|_| seen);
            let faults: Vec<Notice> =
                grave(&facts).into_iter().filter(|finding| finding.level == Level::Fault).collect();
            prop_assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

#[test]
fn reports_of_neighbours_do_not_prove_a_firewall() {
    for (name, [received, multicast]) in [
        ("silence-as-nobody", ["Ip.InReceives", "IpExt.InMcastPkts"]),
        ("silence-ipv6", ["Ip6.InReceives", "Ip6.InMcastPkts"]),
    ] {
        // For IPv4, the kernel counts multicast for other programs before this point; for IPv6 also
        // here.
        let (counted, let_in): (&[&str], u64) =
            if name.ends_with("ipv6") { (&[received, multicast], 500) } else { (&[received], 2) };
        let mut facts = record(name);
        facts.frames = None;
        facts.rights = Default::default();
        facts.firewall = Default::default();
        let test = facts.self_test.as_mut().expect("a self-test");
        (test.heard, test.counters) = (0, Some([(received.to_owned(), 10)].into()));
        for lost_at in [vec![], vec![received], vec![received, multicast]] {
            facts.self_test.as_mut().unwrap().counters =
                Some(lost_at.iter().map(|name| ((*name).to_owned(), 10)).collect());
            let mut counters: BTreeMap<String, u64> =
                counted.iter().map(|name| ((*name).to_owned(), 500)).collect();
            counters.insert(multicast.to_owned(), let_in);
            facts.counters = Some(counters);
            let grave = grave(&facts);
            assert!(
                grave.iter().any(|finding| finding.id.as_str().starts_with("firewall-")),
                "{name}, lost behind {lost_at:?}: {grave:#?}"
            );
            assert!(
                grave.iter().all(|finding| finding.level == Level::Warning),
                "{name}, lost behind {lost_at:?}: {grave:#?}"
            );
        }
    }
}

#[test]
fn few_damaged_frames_do_not_explain_silence() {
    let level = |packets| {
        let mut facts = record("interface-errors-as-nobody");
        let e0 = facts
            .interfaces
            .iter_mut()
            .find(|link| link.name == "e0")
            .and_then(|link| link.counters.as_mut());
        e0.expect("counters").rx_packets = packets;
        findings(&facts)
            .iter()
            .find(|finding| finding.id == Id::InterfaceErrors)
            .expect("it is found")
            .level
    };
    assert_eq!([412, 9600, 10_000_000].map(level), [Level::Warning, Level::Warning, Level::Note]);
}

#[test]
fn commands_for_a_sender_have_no_source() {
    for name in names() {
        let mut facts = record(&name);
        facts.target.sources = vec![
            if facts.target.group.is_ipv4() { "10.0.0.100" } else { "fe80::100" }.parse().unwrap(),
        ];
        let found = findings(&facts);
        let mut sends = found
            .iter()
            .flat_map(|finding| &finding.commands)
            .filter(|command| command.run.starts_with("mcast send"));
        assert!(sends.all(|command| !command.run.contains('@')), "{name}: {found:#?}");
    }
}

#[test]
fn one_bridge_and_all_bridges_have_separate_settings() {
    let commands = |of_all: Option<bool>, of_this: bool| -> Vec<String> {
        let mut facts = record("bridge-firewall");
        facts.bridge_netfilter = of_all;
        facts.bridges.iter_mut().flatten().for_each(|bridge| bridge.nf_call_iptables = of_this);
        let found = findings(&facts).into_iter().filter(|finding| finding.id == Id::BridgeFirewall);
        found.flat_map(|finding| finding.commands).map(|command| command.run).collect()
    };
    let (all, this) = (
        "sysctl -w net.bridge.bridge-nf-call-iptables=0",
        "ip link set br0 type bridge nf_call_iptables 0",
    );
    assert_eq!(commands(Some(true), false), [all]);
    assert_eq!(commands(Some(false), true), [this]);
    assert_eq!(commands(Some(true), true), [all, this]);
    for (of_all, of_this) in [(Some(false), false), (None, true)] {
        assert!(commands(of_all, of_this).is_empty(), "{of_all:?} {of_this}");
    }
}

#[test]
fn a_missing_fact_breaks_no_rule() {
    for name in names() {
        let whole = serde_json::to_value(record(&name)).expect("facts are JSON");
        for key in whole.as_object().expect("an object").keys() {
            let mut part = whole.clone();
            part.as_object_mut().expect("an object").remove(key);
            let facts: Facts =
                serde_json::from_value(part).expect("a missing field is a missing fact");
            let found = findings(&facts);
            for finding in &found {
                let evidence = evidence(finding);
                assert!(
                    Id::FINDINGS.contains(&finding.id)
                        && !finding.what.is_empty()
                        && !evidence.is_empty(),
                    "{name} without {key}: {finding:?}"
                );
                assert!(
                    !finding.what.ends_with('.') && !evidence.contains("  "),
                    "{name} without {key}: {finding:?}"
                );
            }
            let text = conclusion(&facts, &found);
            assert!(text.ends_with('.') && !text.contains("  "), "{name} without {key}: {text}");
        }
    }
}

#[test]
fn other_systems_get_no_linux_commands() {
    for system in ["macos", "windows", "freebsd"] {
        for name in ["healthy", "silence"] {
            let mut facts = Facts {
                system: system.to_owned(),
                frames: None,
                counters: None,
                port_users: None,
                bridges: None,
                route: None,
                ..record(name)
            };
            (facts.rights, facts.limits, facts.membership, facts.firewall) = Default::default();
            facts.interfaces.iter_mut().for_each(|link| {
                (
                    link.carrier,
                    link.mtu,
                    link.version,
                    link.rp_filter,
                    link.members_before,
                    link.counters,
                ) = Default::default();
            });
            let found = findings(&facts);
            assert!(found.iter().any(|finding| finding.id == Id::NotAvailable), "{found:#?}");
            let named = found
                .iter()
                .filter_map(|finding| finding.remedy.as_ref())
                .any(|remedy| remedy.contains("Windows Firewall"));
            assert_eq!(named, system == "windows", "{found:#?}");
            let commands = found.iter().flat_map(|finding| &finding.commands);
            commands.for_each(|command| assert!(command.run.starts_with("mcast "), "{command:?}"));
            assert!(found.iter().all(|finding| finding.level < Level::Fault), "{found:#?}");
        }
    }
}

fn faults(facts: &Facts) -> Vec<Id> {
    findings(facts)
        .iter()
        .filter(|finding| finding.level == Level::Fault)
        .map(|finding| finding.id)
        .collect()
}

#[test]
fn losses_of_others_do_not_hide_a_firewall() {
    for name in
        ["firewall-input-rule", "firewall-input-policy", "firewall-prerouting", "firewall-ingress"]
    {
        let mut facts = record(name);
        let before = faults(&facts);
        let counters = facts.counters.as_mut().expect("counters");
        for name in ["TcpExt.IPReversePathFilter", "Udp.InCsumErrors"] {
            counters.insert(name.to_owned(), 5);
        }
        facts.interfaces.iter_mut().for_each(|link| link.rp_filter = Some(1));
        assert_eq!(faults(&facts), before, "{name}");
    }
}

#[test]
fn another_source_is_no_fault_beside_the_wanted_one() {
    let mut facts = record("firewall-input-rule");
    let before = faults(&facts);
    let frames = facts.frames.as_mut().expect("frames");
    let wanted = frames.flows[0].clone();
    let other = mcast::diagnosis::FlowFacts {
        source: "10.0.0.200".parse().expect("an address"),
        ..wanted.clone()
    };
    frames.flows.push(other);
    facts.target.sources = vec![wanted.source];
    assert_eq!(faults(&facts), before);
}

#[test]
fn a_flooded_group_needs_no_querier() {
    for (group, needs) in [("224.0.0.117", false), ("224.0.1.117", true), ("239.1.1.1", true)] {
        let mut facts = record("silence");
        facts.target.group = group.parse().expect("a group");
        facts.seconds = 130.0;
        facts.stopped = Some(mcast::diagnosis::Stopped { datagrams: 7, flowed: 3.0, silent: 5.0 });
        let found = findings(&facts);
        assert_eq!(
            found.iter().any(|finding| finding.id == Id::NoQuerier),
            needs,
            "{group}: {found:#?}"
        );
        let stopped =
            found.iter().find(|finding| finding.id == Id::StreamStopped).expect("stream-stopped");
        assert_eq!(evidence(stopped).contains("querier"), needs, "{stopped:#?}");
        assert_eq!(stopped.commands.len(), if needs { 2 } else { 1 }, "{stopped:#?}");
    }
}

#[test]
fn one_datagram_after_a_report_proves_nothing() {
    for (came, fault) in [(1, false), (2, false), (3, true), (50, true)] {
        let facts = Facts { after_report: Some(came), ..record("silence") };
        assert_eq!(faults(&facts).contains(&Id::SnoopingPruned), fault, "{came}");
    }
}

#[test]
fn the_interface_of_a_vlan_is_named() {
    let facts = record("vlan-tag");
    let found = |facts: &Facts| {
        findings(facts).into_iter().find(|finding| finding.id == Id::VlanTag).expect("vlan-tag")
    };
    let flow = facts.frames.as_ref().expect("frames").flows[0].clone();
    let mut above = facts.clone();
    let upper =
        mcast::diagnosis::FlowFacts { iface: "lan".to_owned(), vlan: None, others: false, ..flow };
    above.frames.as_mut().expect("frames").flows.push(upper);
    assert_eq!(found(&above).commands[0].run, format!("mcast recv {} --iface lan", facts.target));
    // 15 characters are all that an interface's name may have.
    let mut long = facts;
    long.iface = Some("enx001122334455".to_owned());
    long.interfaces
        .iter_mut()
        .filter(|link| link.name == "e0")
        .for_each(|link| link.name = "enx001122334455".to_owned());
    long.frames
        .as_mut()
        .expect("frames")
        .flows
        .iter_mut()
        .for_each(|flow| flow.iface = "enx001122334455".to_owned());
    let run = found(&long).commands[0].run.clone();
    let child = run
        .split("name ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .expect("a name")
        .to_owned();
    assert!(child.len() <= 15, "{run}");
    assert!(run.ends_with(&format!("ip link set {child} up")), "{run}");
}

#[test]
fn a_failure_to_send_does_not_explain_silence() {
    let mut facts = record("silence");
    let test = facts.self_test.as_mut().expect("a self-test");
    (test.sent, test.heard, test.error) = (0, 0, Some("Operation not permitted".to_owned()));
    for refused in [true, false] {
        facts.self_test.as_mut().expect("a self-test").refused = refused;
        let text = conclusion(&facts, &findings(&facts));
        assert!(text.contains("no fault was found on this host"), "{text}");
    }
}
