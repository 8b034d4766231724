//! What has nothing to do with the target changes nothing that is said of it, and what was not told breaks nothing.

use std::collections::BTreeMap;

use mcast::check::{Facts, Finding, IDS, Level, conclusion, findings};
use proptest::prelude::*;

use super::{directory, record};

/// Counters that rise with the traffic of others.
const OTHERS: [&str; 12] = [
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
    "Udp6.IgnoredMulti",
];

fn grave(facts: &Facts) -> Vec<Finding> {
    findings(facts).into_iter().filter(|finding| finding.level >= Level::Warning).collect()
}

proptest! {
    #[test]
    fn the_traffic_of_others_makes_no_fault_of_a_healthy_path(
        rises in proptest::collection::vec(0_u64..5000, OTHERS.len()),
        (dropped, damaged) in (0_u64..500, 0_u64..500),
        frames in 0_u64..100_000,
        seen in any::<bool>(),
    ) {
        for name in ["healthy", "healthy-with-querier"] {
            let mut facts = record(name);
            let counters = OTHERS.iter().zip(&rises).filter(|(_, rise)| **rise > 0);
            facts.counters = Some(counters.map(|(name, rise)| ((*name).to_owned(), *rise)).collect());
            if let Some(counters) = facts.interfaces.iter_mut().find(|link| link.name == "e0").and_then(|link| link.counters.as_mut()) {
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
    fn what_others_lose_is_no_fault_of_a_silent_group(rises in proptest::collection::vec(0_u64..5000, OTHERS.len()), seen in any::<bool>()) {
        for name in ["silence", "silence-as-nobody"] {
            let mut facts = record(name);
            facts.counters = Some(OTHERS.iter().zip(&rises).map(|(name, rise)| ((*name).to_owned(), *rise)).collect());
            facts.frames = facts.frames.filter(|_| seen);
            let faults: Vec<Finding> = grave(&facts).into_iter().filter(|finding| finding.level == Level::Fault).collect();
            prop_assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

#[test]
fn a_few_damaged_frames_of_very_many_are_no_reason_to_hear_nothing() {
    let level = |packets| {
        let mut facts = record("interface-errors-as-nobody");
        let e0 = facts.interfaces.iter_mut().find(|link| link.name == "e0").and_then(|link| link.counters.as_mut());
        e0.expect("counters").rx_packets = packets;
        findings(&facts).iter().find(|finding| finding.id == "interface-errors").expect("it is found").level
    };
    assert_eq!([412, 9600, 10_000_000].map(level), [Level::Warning, Level::Warning, Level::Note]);
}

#[test]
fn what_was_not_told_breaks_nothing() {
    let files = std::fs::read_dir(directory()).expect("the records");
    let names = files.filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".json")?.to_owned()));
    for name in names {
        let whole = serde_json::to_value(record(&name)).expect("facts are JSON");
        for key in whole.as_object().expect("an object").keys() {
            let mut part = whole.clone();
            part.as_object_mut().expect("an object").remove(key);
            let facts: Facts = serde_json::from_value(part).expect("what is not there is not told");
            let found = findings(&facts);
            for finding in &found {
                assert!(
                    IDS.contains(&finding.id) && !finding.what.is_empty() && !finding.evidence.is_empty(),
                    "{name} without {key}: {finding:?}"
                );
                assert!(!finding.what.ends_with('.') && !finding.evidence.contains("  "), "{name} without {key}: {finding:?}");
            }
            let said = conclusion(&facts, &found);
            assert!(said.ends_with('.') && !said.contains("  "), "{name} without {key}: {said}");
        }
    }
}

#[test]
fn on_other_systems_nothing_of_linux_is_said_to_be_typed() {
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
                (link.carrier, link.mtu, link.version, link.rp_filter, link.members_before, link.counters) = Default::default();
            });
            let found = findings(&facts);
            assert!(found.iter().any(|finding| finding.id == "not-available"), "{found:#?}");
            let named = found
                .iter()
                .filter_map(|finding| finding.remedy.as_ref())
                .any(|remedy| remedy.contains("Windows Defender Firewall"));
            assert_eq!(named, system == "windows", "{found:#?}");
            let commands = found.iter().flat_map(|finding| &finding.commands);
            commands.for_each(|command| assert!(command.run.starts_with("mcast "), "{command:?}"));
            assert!(found.iter().all(|finding| finding.level < Level::Fault), "{found:#?}");
        }
    }
}
