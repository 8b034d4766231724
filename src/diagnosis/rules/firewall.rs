//! The firewall: its rules if mcast can read them, else the place where counters show a loss.

use super::membership;
use super::words::{either, place, protocol, rule_words};
use crate::diagnosis::facts::{Facts, SelfTestFacts, rise_in};
use crate::diagnosis::firewall::{DropRule, Hook};
use crate::notice::{Id, Level, Notice, Place};
use crate::units::words::count;

/// The place between the interface and the socket where datagrams are lost: before IP counts them
/// (`InReceives`), before IP counts them as multicast for this host (`InMcastPkts`), or after that.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    Ingress,
    Prerouting,
    Input,
}

impl Gap {
    fn id(self) -> Id {
        match self {
            Gap::Ingress => Id::FirewallIngress,
            Gap::Prerouting => Id::FirewallPrerouting,
            Gap::Input => Id::FirewallInput,
        }
    }

    fn of(hook: Hook) -> Option<Self> {
        match hook {
            Hook::Ingress => Some(Gap::Ingress),
            Hook::Prerouting => Some(Gap::Prerouting),
            Hook::Input => Some(Gap::Input),
            _ => None,
        }
    }

    /// The place in a sentence.
    fn words(self, facts: &Facts) -> &'static str {
        match self {
            Gap::Ingress => "before IP processing (nftables ingress, tc or XDP)",
            Gap::Prerouting => either(
                facts,
                "before routing (nftables or iptables PREROUTING)",
                "before routing (nftables or ip6tables PREROUTING)",
            ),
            Gap::Input => either(
                facts,
                "on input (nftables or iptables INPUT)",
                "on input (nftables or ip6tables INPUT)",
            ),
        }
    }
}

pub fn findings(facts: &Facts, others: &[Notice]) -> Vec<Notice> {
    let explained = others.iter().any(|finding| {
        finding.level == Level::Fault
            && matches!(
                finding.id,
                Id::RpFilter
                    | Id::BadChecksum
                    | Id::BadLength
                    | Id::FragmentsLost
                    | Id::DuplicateAddress
                    | Id::MartianSource
                    | Id::BadIpHeader
                    | Id::SourceRoute
                    | Id::PortTaken
                    | Id::JoinFailed
                    | Id::Limits
                    | Id::Ipv6Disabled
            )
    });
    let mut blamed = by_rules(facts, explained);
    // Frames that arrive on a bridge port belong to the bridge. Behind ingress, no hook sees them on
    // the port, and a socket on the port that receives nothing has lost nothing.
    if facts.upper().is_some() {
        blamed.retain(|finding| finding.id == Gap::Ingress.id());
        return blamed;
    }
    if !blamed.is_empty() {
        return blamed;
    }
    let located = if explained { None } else { by_place(facts) };
    if let Some(finding) = located {
        return vec![finding];
    }
    if is_judged(facts) && facts.heard_here() == 0 {
        return vec![Notice::pass(
            Id::Firewall,
            format!("no nftables rule on this host drops {}", facts.target),
            format!(
                "nft list ruleset: the ingress, prerouting and input chains accept {}, as far as \
                 mcast can evaluate their rules",
                facts.target
            ),
        )];
    }
    Vec::new()
}

/// Whether the rules were read. They are evaluated for one interface.
fn is_judged(facts: &Facts) -> bool {
    facts.firewall.read && facts.judged().is_some()
}

/// Whether all rules are known: the firewall then drops the target only if one of them does.
fn is_known(facts: &Facts) -> bool {
    is_judged(facts) && !facts.firewall.legacy
}

/// The rules that drop the target, unless the datagrams that arrived show the contrary.
fn by_rules(facts: &Facts, explained: bool) -> Vec<Notice> {
    let lost = is_lost(facts) || self_test_gap(facts).is_some();
    let here = facts.heard_here();
    if here > 0 {
        return drops_some(facts).into_iter().collect();
    }
    let findings = facts.firewall.inbound.iter().filter_map(|rule| {
        let gap = Gap::of(rule.hook)?;
        if rule.certain {
            return Some(rule_finding(facts, gap, rule, Level::Fault));
        }
        // A rule that mcast cannot evaluate explains a loss that was seen. If only the self-test
        // lost datagrams, an anti-spoofing rule may have dropped them.
        let level =
            if is_lost(facts) || agrees(facts, gap) { Level::Fault } else { Level::Warning };
        (lost && !explained).then(|| rule_finding(facts, gap, rule, level))
    });
    // Only the first rule drops datagrams. Later ones come into effect once it is fixed.
    findings.take(1).collect()
}

/// A rule that drops a part of the target: a limit, a random choice, or a match on the source. It is
/// blamed if more than a tenth of the frames of a source were not delivered.
fn drops_some(facts: &Facts) -> Option<Notice> {
    const FEW: u64 = 3;
    let drops = |rule: &DropRule| Gap::of(rule.hook).map(|gap| (gap, rule.clone()));
    let (gap, rule) = facts.firewall.inbound.iter().find_map(drops)?;
    let (source, lost) = facts.losses_here().max_by_key(|(_, lost)| *lost)?;
    let of_source = facts.flows_to_take().filter(|flow| flow.source == source);
    let frames: u64 = of_source.map(|flow| flow.frames).sum();
    // The firewall did not drop the datagrams that this program was too slow to read.
    let lost = lost.saturating_sub(facts.own_drops.unwrap_or(0));
    if lost < FEW || lost * 10 < frames {
        return None;
    }
    let what = format!(
        "this host's firewall drops part of {} {}: {lost} of {frames} frames from {source}",
        facts.target,
        gap.words(facts)
    );
    let evidence = format!(
        "{}; arrived from {source}: {}, delivered: {}",
        rule_words(&rule),
        count(frames, "frame"),
        count(frames - lost, "datagram")
    );
    Some(with_commands(facts, Notice::fault(gap.id(), what, evidence), &rule))
}

/// Adds the commands that accept the target, and the messages that keep this host a member, in the
/// chain of a rule.
fn with_commands(facts: &Facts, finding: Notice, rule: &DropRule) -> Notice {
    let messages = membership::commands(membership::dropped(facts));
    let too = if messages.is_empty() {
        String::new()
    } else {
        format!("; accept {} too, to keep this host a member", protocol(facts))
    };
    let until = membership::until_boot(1 + messages.len());
    let finding = finding
        .remedy(format!("accept {} in {}{too}. {until}", facts.target, place(rule)))
        .run(Place::Here, rule.command.clone());
    messages.into_iter().fold(finding, |finding, command| finding.run(Place::Here, command))
}

fn rule_finding(facts: &Facts, gap: Gap, rule: &DropRule, level: Level) -> Notice {
    let drops = match level {
        _ if rule.certain => "drops",
        Level::Fault => "probably drops",
        _ => "may drop",
    };
    let what = format!("this host's firewall {drops} {} {}", facts.target, gap.words(facts));
    let proof = proof(facts).map(|proof| format!("; {proof}")).unwrap_or_default();
    let finding = Notice::new(level, gap.id(), what).why(membership::evidence(rule) + &proof);
    with_commands(facts, finding, rule)
}

/// The number of frames of the target that the kernel should deliver; `None` without a capture.
fn frames(facts: &Facts) -> Option<u64> {
    facts.frames.as_ref().map(|_| facts.flows_to_take().map(|flow| flow.frames).sum())
}

/// Whether frames of the target arrived and no datagram was delivered.
fn is_lost(facts: &Facts) -> bool {
    facts.heard_here() == 0 && frames(facts).is_some_and(|frames| frames > 0)
}

/// The evidence of a loss inside this host.
fn proof(facts: &Facts) -> Option<String> {
    if let Some(frames) = frames(facts).filter(|_| is_lost(facts)) {
        return Some(not_delivered(frames));
    }
    let (_, test) = self_test_gap(facts)?;
    Some(own_lost(test))
}

fn not_delivered(frames: u64) -> String {
    format!("{} arrived, but no datagram was delivered", count(frames, "frame"))
}

fn own_lost(test: &SelfTestFacts) -> String {
    format!("this host sent {} to itself and received none", count(test.sent, "datagram"))
}

/// The place where the datagrams of the self-test were lost.
fn self_test_gap(facts: &Facts) -> Option<(Gap, &SelfTestFacts)> {
    let test = facts.self_test.as_ref().filter(|test| test.sent > 0 && test.heard == 0)?;
    let counters = test.counters.as_ref()?;
    let (received, multicast) = if facts.is_ipv4() {
        ("Ip.InReceives", "IpExt.InMcastPkts")
    } else {
        ("Ip6.InReceives", "Ip6.InMcastPkts")
    };
    Some((gap(rise_in(counters, received), rise_in(counters, multicast), test.sent), test))
}

/// Whether the counters of the whole host show that incoming datagrams are lost in the same gap.
///
/// Only IPv4 and [`Gap::Input`] allow this. There `InMcastPkts` counts multicast for groups of this
/// host, and delivery counts it again. The exception is IGMP: this host receives its own reports, and
/// some of its neighbours. The counters before the other gaps also count traffic for other hosts, and
/// so does `Ip6.InMcastPkts`.
fn agrees(facts: &Facts, gap: Gap) -> bool {
    const MESSAGES: u64 = 4;
    let multicast = facts.rise("IpExt.InMcastPkts", "");
    // The kernel does not deliver protocols that it does not support, for example SCTP.
    let delivered = facts.rise("Ip.InDelivers", "") + facts.rise("Ip.InUnknownProtos", "");
    facts.is_ipv4()
        && gap == Gap::Input
        && multicast >= delivered + MESSAGES * (1 + facts.interfaces.len() as u64)
}

/// The gap in which `lost` datagrams disappeared. `received` and `multicast` are the rises of
/// `InReceives` and `InMcastPkts`.
fn gap(received: u64, multicast: u64, lost: u64) -> Gap {
    if multicast >= lost {
        Gap::Input
    } else if received >= lost {
        Gap::Prerouting
    } else {
        Gap::Ingress
    }
}

/// The finding that something drops the target at `gap`, and no rule that mcast read does.
fn gap_finding(facts: &Facts, gap: Gap, level: Level, evidence: &str) -> Notice {
    let unread = if facts.firewall.read {
        "no nftables rule drops the target; mcast cannot read the rules of iptables-legacy"
    } else if facts.rights.firewall {
        "mcast did not read the firewall rules"
    } else {
        "cannot read the firewall rules without root (CAP_NET_ADMIN)"
    };
    let drops = if level == Level::Fault { "drops" } else { "may drop" };
    let sentence = format!("this host {drops} {} {}", facts.target, gap.words(facts));
    let protocol = protocol(facts);
    let messages = either(
        facts,
        "ip protocol igmp accept",
        "icmpv6 type { mld-listener-query, mld-listener-report, mld2-listener-report } accept",
    );
    Notice::fault(gap.id(), sentence, format!("{evidence}; {unread}"))
        .remedy(format!(
            "accept {} in the chain that drops it: '{} {} udp dport {} accept'. A rule for \
             established connections never matches multicast. If the policy of the chain is drop, \
             accept {protocol} too, to keep this host a member: '{messages}'",
            facts.target,
            either(facts, "ip daddr", "ip6 daddr"),
            facts.target.group,
            facts.target.port,
        ))
        .run(Place::Here, "nft list ruleset")
        .at(level)
}

/// The datagrams of the self-test pass POSTROUTING before IP counts them as received.
fn or_on_output(facts: &Facts, lost: Notice) -> Notice {
    let what = format!(
        "this host may drop {} on output (POSTROUTING) or {}",
        facts.target,
        Gap::Ingress.words(facts)
    );
    Notice { what, ..lost }
}

/// A firewall whose rules are unknown, or another filter, by the place where datagrams are lost.
fn by_place(facts: &Facts) -> Option<Notice> {
    let received = facts.rise("Ip.InReceives", "Ip6.InReceives");
    let multicast = facts.rise("IpExt.InMcastPkts", "Ip6.InMcastPkts");
    let delivered = facts.rise("Ip.InDelivers", "Ip6.InDelivers");
    let counters =
        format!("InReceives +{received}, InMcastPkts +{multicast}, InDelivers +{delivered}");
    let finding = |gap, level, evidence: String| gap_finding(facts, gap, level, &evidence);
    if let Some(frames) = frames(facts).filter(|_| is_lost(facts) && facts.counters.is_some()) {
        let gap = gap(received, multicast, frames);
        let evidence = format!("{}: {counters}", not_delivered(frames));
        return Some(if is_known(facts) {
            dropped_in_kernel(facts, gap, &evidence)
        } else {
            finding(gap, Level::Fault, evidence)
        });
    }
    // If datagrams arrive from elsewhere, a rule that drops only this host's own does no harm. If
    // all rules are known, none drops the target.
    if facts.heard_here() > 0 || is_known(facts) {
        return None;
    }
    if let Some((gap, test)) = self_test_gap(facts) {
        let own = own_lost(test);
        if test.same_port && agrees(facts, gap) {
            let evidence = format!(
                "{own}; the counters show the same loss for incoming multicast: {counters}"
            );
            return Some(finding(gap, Level::Fault, evidence));
        }
        let evidence = format!(
            "{own}: consistent with a rule against the group, and with a rule against datagrams \
             from this host's own address (anti-spoofing); {counters}"
        );
        let lost = finding(gap, Level::Warning, evidence);
        return Some(if gap == Gap::Ingress { or_on_output(facts, lost) } else { lost });
    }
    // The loopback interface returns this host's own reports, and the kernel does not deliver them.
    let is_loopback = facts.expected().is_some_and(|link| link.loopback);
    let fragments = facts.rise("Ip.ReasmReqds", "Ip6.ReasmReqds");
    if agrees(facts, Gap::Input) && fragments == 0 && !is_loopback {
        let evidence = format!(
            "{counters}: the kernel received multicast for groups of this host and did not deliver \
             it; possible causes: a firewall rule or an IPsec policy"
        );
        return Some(finding(Gap::Input, Level::Warning, evidence));
    }
    None
}

/// The kernel drops the target at `gap`, and all rules of the firewall are known.
fn dropped_in_kernel(facts: &Facts, gap: Gap, evidence: &str) -> Notice {
    let name = facts.judged().unwrap_or("this host");
    let (place, causes, commands): (_, _, &[String]) = match gap {
        Gap::Ingress => (
            "before IP processing",
            "a tc filter, an XDP program or an unusual frame format",
            &[format!("tc filter show dev {name} ingress"), format!("ip -d link show {name}")],
        ),
        Gap::Prerouting => (
            "before local delivery",
            "no route to the source, a policy routing rule or a multicast source filter",
            &[format!("{} rule", either(facts, "ip", "ip -6"))],
        ),
        Gap::Input => (
            "on the way to the socket",
            "an IPsec policy, address translation or incomplete fragments",
            &["ip xfrm policy".to_owned()],
        ),
    };
    let what = format!(
        "this host's kernel drops {} {place}, and no firewall rule explains it",
        facts.target
    );
    let finding =
        Notice::fault(Id::DroppedInKernel, what, format!("{evidence}; possible causes: {causes}"))
            .remedy(
                "check these causes; 'dropwatch -l kas' (as root) shows where the kernel drops \
                 packets",
            );
    commands.iter().fold(finding, |finding, command| finding.run(Place::Here, command))
}
