//! A firewall is blamed only if a rule can drop the target. The conclusion follows from the worst
//! finding and from the arrivals.

use mcast::diagnosis::firewall::{DropRule, Hook};
use mcast::diagnosis::{Facts, FirewallFacts, Queries, Stopped, conclusion, findings};
use mcast::notice::{Id, Level, Notice};
use proptest::prelude::*;

use super::{names, record};

fn faults(facts: &Facts) -> Vec<Id> {
    let of_level = findings(facts).into_iter().filter(|finding| finding.level == Level::Fault);
    of_level.map(|finding| finding.id).collect()
}

fn found(facts: &Facts, id: Id) -> Notice {
    let found = findings(facts).into_iter().find(|finding| finding.id == id);
    found.unwrap_or_else(|| panic!("{id} is not found: {:#?}", findings(facts)))
}

fn why(finding: &Notice) -> &str {
    finding.why.as_deref().expect("evidence")
}

/// A rule of a chain at this hook.
fn rule(hook: Hook, certain: bool) -> DropRule {
    DropRule {
        hook,
        family: "inet".to_owned(),
        table: "f".to_owned(),
        chain: "c".to_owned(),
        rule: Some("ip protocol igmp drop # handle 3".to_owned()),
        certain,
        command: "nft insert rule inet f c ip protocol igmp accept".to_owned(),
    }
}

/// The rules were read, and this one drops queries.
fn drops_queries(certain: bool) -> FirewallFacts {
    FirewallFacts { read: true, queries: vec![rule(Hook::Input, certain)], ..Default::default() }
}

/// The counters that a drop inside this host moves, or does not.
const COUNTERS: [&str; 9] = [
    "Ip.InReceives",
    "Ip.InHdrErrors",
    "Ip.InUnknownProtos",
    "IpExt.InMcastPkts",
    "Ip.InDelivers",
    "Ip6.InReceives",
    "Ip6.InMcastPkts",
    "Ip6.InDelivers",
    "Ip6.InHdrErrors",
];

proptest! {
    #[test]
    fn no_firewall_is_blamed_without_a_rule(
        name in proptest::sample::select(names().collect::<Vec<_>>()),
        rises in proptest::collection::vec(0_u64..2000, COUNTERS.len()),
        heard in 0_u64..10,
        hears_itself: bool,
    ) {
        let mut facts = record(&name);
        facts.firewall = FirewallFacts { read: true, ..FirewallFacts::default() };
        facts.rights.firewall = true;
        let counters = facts.counters.get_or_insert_default();
        counters.extend(COUNTERS.iter().map(|name| (*name).to_owned()).zip(rises));
        let counters = facts.counters.clone();
        if let Some(test) = &mut facts.self_test {
            test.heard = if hears_itself { heard } else { 0 };
            test.counters = counters;
        }
        prop_assume!(facts.judged().is_some());
        let places = [Id::FirewallIngress, Id::FirewallPrerouting, Id::FirewallInput];
        let blamed: Vec<Notice> =
            findings(&facts).into_iter().filter(|finding| places.contains(&finding.id)).collect();
        prop_assert!(blamed.is_empty(), "{name}: {blamed:#?}");
    }
}

#[test]
fn a_loss_without_a_rule_is_the_kernels() {
    for name in ["firewall-prerouting", "firewall-ingress", "firewall-input-rule"] {
        let mut facts = record(name);
        facts.firewall.inbound.clear();
        assert_eq!(faults(&facts), [Id::DroppedInKernel], "{name}");
        let text = conclusion(&facts, &findings(&facts));
        assert!(text.contains("no firewall rule explains it"), "{text}");
        // Rules that cannot be read may do it.
        facts.firewall.legacy = true;
        assert!(found_firewall(&facts), "{name}");
        (facts.firewall.legacy, facts.firewall.read) = (false, false);
        assert!(found_firewall(&facts), "{name}");
    }
}

fn found_firewall(facts: &Facts) -> bool {
    let places = [Id::FirewallIngress, Id::FirewallPrerouting, Id::FirewallInput];
    faults(facts).iter().any(|id| places.contains(id))
}

#[test]
fn a_martian_source_is_not_lost_to_a_firewall() {
    let mut facts = record("firewall-prerouting");
    facts.firewall.inbound.clear();
    facts.self_test = None;
    for source in ["127.0.0.1", "239.9.9.9", "255.255.255.255", "0.0.0.0", "0.9.9.9"] {
        let flows = &mut facts.frames.as_mut().expect("frames").flows;
        flows.iter_mut().for_each(|flow| flow.source = source.parse().expect("an address"));
        assert_eq!(faults(&facts), [Id::MartianSource], "{source}");
        assert!(found(&facts, Id::MartianSource).what.contains(source), "{source}");
    }
    // A host without an address may send to its own link.
    facts.target.group = "224.0.0.251".parse().expect("a group");
    assert_eq!(faults(&facts), [Id::DroppedInKernel]);
}

#[test]
fn a_broadcast_source_is_dropped_only_with_source_lookup() {
    let mut facts = record("firewall-prerouting");
    facts.firewall.inbound.clear();
    let flows = &mut facts.frames.as_mut().expect("frames").flows;
    flows.iter_mut().for_each(|flow| flow.source = "10.0.0.255".parse().expect("an address"));
    for (mode, fault) in [
        (Some(0), Id::DroppedInKernel),
        (Some(1), Id::MartianSource),
        (Some(2), Id::MartianSource),
        (None, Id::MartianSource),
    ] {
        facts.interfaces.iter_mut().for_each(|link| link.rp_filter = mode);
        assert_eq!(faults(&facts), [fault], "{mode:?}");
    }
}

#[test]
fn a_rule_against_queries_is_a_warning() {
    let mut facts = record("healthy-with-querier");
    assert_eq!(found(&facts, Id::Querier).level, Level::Pass);
    facts.firewall = drops_queries(true);
    let finding = found(&facts, Id::FirewallMembershipIn);
    assert_eq!(finding.level, Level::Warning);
    assert_eq!(finding.commands.len(), 1, "{finding:?}");
    assert_eq!(found(&facts, Id::Querier).level, Level::Note);
    // A rule with an unknown condition may be a rate limit that no querier exceeds.
    facts.firewall = drops_queries(false);
    assert_eq!(found(&facts, Id::FirewallMembershipIn).level, Level::Note);
    assert!(conclusion(&facts, &findings(&facts)).starts_with("Multicast works here"));
    // Switches flood this group and need no members.
    facts.firewall = drops_queries(true);
    facts.target.group = "224.0.0.117".parse().expect("a group");
    let ids: Vec<Id> = findings(&facts).iter().map(|finding| finding.id).collect();
    assert!(!ids.contains(&Id::FirewallMembershipIn), "{ids:?}");
}

#[test]
fn dropped_reports_are_a_fault_with_a_querier_and_silence() {
    let mut facts = record("silence");
    facts.firewall = FirewallFacts {
        read: true,
        reports: vec![rule(Hook::Output, true)],
        ..FirewallFacts::default()
    };
    assert_eq!(found(&facts, Id::FirewallMembershipOut).level, Level::Warning);
    facts.frames.as_mut().expect("frames").queries.push(Queries {
        iface: "e0".to_owned(),
        querier: "10.0.0.1".parse().expect("an address"),
        version: 3,
        interval: Some(125),
        count: 1,
    });
    assert_eq!(found(&facts, Id::FirewallMembershipOut).level, Level::Fault);
}

#[test]
fn commands_for_group_and_igmp_appear_once() {
    let mut facts = record("firewall-input-policy");
    facts.firewall.queries = vec![rule(Hook::Input, true)];
    facts.firewall.group_queries = vec![rule(Hook::Input, true)];
    let runs: Vec<String> = findings(&facts)
        .into_iter()
        .filter(|finding| finding.level >= Level::Warning)
        .flat_map(|finding| finding.commands)
        .map(|command| command.run)
        .collect();
    assert_eq!(
        runs,
        [
            "nft insert rule inet filter input ip daddr 239.1.1.1 udp dport 5000 accept",
            "nft insert rule inet f c ip protocol igmp accept"
        ]
    );
}

#[test]
fn a_stopped_stream_names_a_known_cause() {
    let mut facts = record("silence");
    facts.stopped = Some(Stopped { datagrams: 7, flowed: 300.0, silent: 5.0 });
    let warned = |firewall: FirewallFacts| {
        let facts = Facts { firewall, ..facts.clone() };
        let finding = found(&facts, Id::StreamStopped);
        (why(&finding).to_owned(), finding.commands)
    };
    let (why, commands) = warned(drops_queries(true));
    assert!(why.contains("firewall drops IGMP queries, which is consistent"), "{why}");
    assert!(commands[0].run.starts_with("nft insert rule"), "{commands:?}");
    let reports = vec![rule(Hook::Output, true)];
    let (why, _) = warned(FirewallFacts { read: true, reports, ..FirewallFacts::default() });
    assert!(why.contains("firewall drops IGMP reports, which is consistent"), "{why}");
    let (why, _) = warned(FirewallFacts { read: true, ..FirewallFacts::default() });
    assert!(
        why.contains("260 s after the last report (RFC 3376, 8.4), because no querier"),
        "{why}"
    );
    assert!(!why.contains("firewall"), "{why}");
    let (why, _) = warned(FirewallFacts::default());
    assert!(why.contains("or this host's firewall drops IGMP"), "{why}");
}

#[test]
fn dropped_queries_explain_a_pruned_member() {
    let mut facts = record("snooping-pruned");
    facts.firewall = drops_queries(true);
    let finding = found(&facts, Id::SnoopingPruned);
    assert!(why(&finding).contains("chain c of table inet f"), "{finding:?}");
    let runs: Vec<&str> = finding.commands.iter().map(|command| command.run.as_str()).collect();
    assert_eq!(runs, ["nft insert rule inet f c ip protocol igmp accept"]);
}

/// Findings of any id and level, each with different texts.
fn made_up() -> impl Strategy<Value = Vec<Notice>> {
    let levels = vec![Level::Pass, Level::Note, Level::Warning, Level::Fault];
    let one = (proptest::sample::select(Id::FINDINGS), proptest::sample::select(levels));
    proptest::collection::vec(one, 0..6).prop_map(|all| {
        let notice = |(number, (id, level))| Notice::new(level, id, format!("reason {number}"));
        all.into_iter().enumerate().map(notice).collect()
    })
}

proptest! {
    #[test]
    fn the_conclusion_follows_from_worst_finding_and_arrival(
        found in made_up(),
        name in proptest::sample::select(vec![
            "healthy", "healthy-ipv6", "silence", "silence-ipv6", "silence-as-nobody",
            "firewall-input-rule", "firewall-input-rule-as-nobody", "listen-whole",
        ]),
    ) {
        let facts = record(name);
        let text = conclusion(&facts, &found);
        let first = |level| found.iter().find(|finding| finding.level == level);
        let worst = first(Level::Fault).or(first(Level::Warning));
        let (arrives, frames) = (facts.heard_here() > 0, facts.frames_here().unwrap_or(0));

        prop_assert_eq!(text.contains("Multicast works here"), arrives && worst.is_none(), "{}", text);
        prop_assert_eq!(text.contains("arrives on"), arrives, "{}", text);
        if let Some(worst) = worst.filter(|worst| arrives || worst.level == Level::Fault) {
            prop_assert!(text.contains(&worst.what), "{}", text);
        }
        // "No active sender" contradicts a frame that came, and a fault.
        if arrives || frames > 0 || first(Level::Fault).is_some() {
            prop_assert!(!text.contains("no active sender"), "{}", text);
        }
        prop_assert!(text.ends_with('.') && !text.contains("  "), "{}", text);
    }
}
