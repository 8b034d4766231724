//! The firewall: by its rules, where they may be read, and by the place where datagrams get lost.

use super::membership;
use super::words::{either, place, protocol, rule_words};
use crate::diagnosis::facts::{Facts, SelfTestFacts, rise_in};
use crate::diagnosis::firewall::{DropRule, Hook};
use crate::notice::{Id, Level, Notice, Place};
use crate::units::words::count;

/// Where datagrams get lost between the interface and the socket.
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

    /// What it means, where no rule says more.
    fn meaning(self, facts: &Facts) -> &'static str {
        match self {
            Gap::Ingress => "before IP has seen it (nftables ingress, tc, XDP)",
            Gap::Prerouting => "before it is routed (nftables prerouting, the table raw)",
            Gap::Input => either(
                facts,
                "on its way in (nftables or iptables INPUT)",
                "on its way in (nftables or ip6tables INPUT)",
            ),
        }
    }
}

pub fn findings(facts: &Facts, others: &[Notice]) -> Vec<Notice> {
    // What another fault explains needs no firewall.
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
    // What comes in by the port of a bridge goes to the bridge: past ingress nobody looks at it
    // here, and that it is not heard at the port is no loss.
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
            format!("no nftables rule of this host drops {}", facts.target),
            "nft list ruleset: ingress, prerouting and input let it through, for all that can be \
             told",
        )];
    }
    Vec::new()
}

/// Whether the rules were read; they are read for one interface.
fn is_judged(facts: &Facts) -> bool {
    facts.firewall.read && facts.judged().is_some()
}

/// Whether all rules are known. Then a firewall drops the target only if one of them does.
fn is_known(facts: &Facts) -> bool {
    is_judged(facts) && !facts.firewall.legacy
}

/// The rules that drop the target, as far as what came does not say otherwise.
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
        // What hangs on something that is not known here counts where something is really lost;
        // one's own datagrams may be lost to a rule against forgers.
        let level =
            if is_lost(facts) || agrees(facts, gap) { Level::Fault } else { Level::Warning };
        (lost && !explained).then(|| rule_finding(facts, gap, rule, level))
    });
    // The first that drops it is the one; what stands behind it shows itself when that one is gone.
    findings.take(1).collect()
}

/// A rule that drops some of the target: a limit, a random choice, or one that minds the source.
/// More than a tenth of the frames of a source were not heard, and such a rule is on their way.
fn drops_some(facts: &Facts) -> Option<Notice> {
    const FEW: u64 = 3;
    let drops = |rule: &DropRule| Gap::of(rule.hook).map(|gap| (gap, rule.clone()));
    let (gap, rule) = facts.firewall.inbound.iter().find_map(drops)?;
    let (source, lost) = facts.losses_here().max_by_key(|(_, lost)| *lost)?;
    let of_source = facts.flows_to_take().filter(|flow| flow.source == source);
    let frames: u64 = of_source.map(|flow| flow.frames).sum();
    // Datagrams that this program was too slow to read are no loss of the firewall's.
    let lost = lost.saturating_sub(facts.own_drops.unwrap_or(0));
    if lost < FEW || lost * 10 < frames {
        return None;
    }
    let what = format!(
        "this host's firewall drops some of {} {}: {lost} of {frames} from {source}",
        facts.target,
        gap.meaning(facts)
    );
    let evidence = format!(
        "{}; {} from {source} came in, and {} datagrams were delivered",
        rule_words(&rule),
        count(frames, "frame"),
        frames - lost
    );
    Some(with_commands(facts, Notice::fault(gap.id(), what, evidence), &rule))
}

/// What lets the target through at a rule, and the messages that keep this host a member.
fn with_commands(facts: &Facts, finding: Notice, rule: &DropRule) -> Notice {
    let messages = membership::commands(membership::dropped(facts));
    let it = if messages.is_empty() {
        "it".to_owned()
    } else {
        format!("it and {}, which keeps this host a member,", protocol(facts))
    };
    let finding = finding
        .remedy(format!(
            "let {it} through, in {}; a rule that is typed lasts until the next boot, so write it \
             into your firewall's configuration as well",
            place(rule)
        ))
        .run(Place::Here, rule.command.clone());
    messages.into_iter().fold(finding, |finding, command| finding.run(Place::Here, command))
}

fn rule_finding(facts: &Facts, gap: Gap, rule: &DropRule, level: Level) -> Notice {
    let which = rule_words(rule);
    let sure = if rule.certain {
        ""
    } else {
        "; whether the rule is meant for it hangs on what nft alone knows, and something is lost \
         there"
    };
    let what = format!("this host's firewall drops {} {}", facts.target, gap.meaning(facts));
    let proof = proof(facts).map(|proof| format!("; {proof}")).unwrap_or_default();
    let finding = Notice::new(level, gap.id(), what).why(format!("{which}{sure}{proof}"));
    with_commands(facts, finding, rule)
}

/// How many frames of the target came that were not to be lost; `None` where frames are not seen.
fn frames(facts: &Facts) -> Option<u64> {
    facts.frames.as_ref().map(|_| facts.flows_to_take().map(|flow| flow.frames).sum())
}

/// Whether such frames came, and nothing was heard.
fn is_lost(facts: &Facts) -> bool {
    facts.heard_here() == 0 && frames(facts).is_some_and(|frames| frames > 0)
}

/// What shows that something is lost inside this host.
fn proof(facts: &Facts) -> Option<String> {
    if let Some(frames) = frames(facts).filter(|_| is_lost(facts)) {
        return Some(format!(
            "{} of it came in, and no datagram was delivered",
            count(frames, "frame")
        ));
    }
    let (_, test) = self_test_gap(facts)?;
    Some(format!(
        "none of {} that this host sent to itself came back",
        count(test.sent, "datagram")
    ))
}

/// Where this host's datagrams to itself got lost.
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

/// Whether what came from elsewhere got lost in the same gap, as far as the counters of the whole
/// host can tell. With IPv4, multicast that was let in was for groups of this host, and is counted
/// when it is delivered, but for messages of IGMP: those that this host sends at its joins, which
/// it hears itself, and some of others. What stands before the other gaps is counted for anybody:
/// reports of neighbours, datagrams that are forwarded, ARP; and so is multicast of IPv6 before
/// this one.
fn agrees(facts: &Facts, gap: Gap) -> bool {
    const MESSAGES: u64 = 4;
    let multicast = facts.rise("IpExt.InMcastPkts", "");
    // A protocol that nobody here speaks, such as SCTP, is not delivered either.
    let delivered = facts.rise("Ip.InDelivers", "") + facts.rise("Ip.InUnknownProtos", "");
    facts.is_ipv4()
        && gap == Gap::Input
        && multicast >= delivered + MESSAGES * (1 + facts.interfaces.len() as u64)
}

/// The gap in which so many datagrams got lost, by the counters that stand before and behind each
/// hook.
fn gap(received: u64, multicast: u64, lost: u64) -> Gap {
    if multicast >= lost {
        Gap::Input
    } else if received >= lost {
        Gap::Prerouting
    } else {
        Gap::Ingress
    }
}

/// A finding about what drops the target at `gap` without a known rule.
fn gap_finding(facts: &Facts, gap: Gap, level: Level, evidence: &str) -> Notice {
    let unread = if facts.firewall.read {
        "no nftables rule does it, and those of the older iptables are not read"
    } else if facts.rights.firewall {
        "the rules were not read"
    } else {
        "the rules cannot be read without more rights"
    };
    let allow = either(facts, "ip daddr", "ip6 daddr");
    let sentence = format!("this host drops {} {}", facts.target, gap.meaning(facts));
    Notice::fault(gap.id(), sentence, format!("{evidence}; {unread}"))
        .remedy(format!(
            "let UDP to the group through: '{allow} {} udp dport {} accept', in the chain that \
             drops it; multicast is never 'established', so it needs a rule of its own. A chain \
             that denies by default drops {} too, which keeps this host a member: '{}'",
            facts.target.group,
            facts.target.port,
            protocol(facts),
            either(
                facts,
                "ip protocol igmp accept",
                "icmpv6 type { mld-listener-query, mld-listener-report, mld2-listener-report } \
                 accept"
            )
        ))
        .run(Place::Here, "nft list ruleset")
        .at(level)
}

/// What this host sends to itself passes POSTROUTING before IP counts it on its way in.
fn or_on_its_way_out(facts: &Facts, lost: Notice) -> Notice {
    let what = format!(
        "this host drops {} on its way out (POSTROUTING), or {}",
        facts.target,
        Gap::Ingress.meaning(facts)
    );
    Notice { what, ..lost }
}

/// A firewall that cannot be read, or something like one, by where datagrams get lost.
fn by_place(facts: &Facts) -> Option<Notice> {
    let received = facts.rise("Ip.InReceives", "Ip6.InReceives");
    let multicast = facts.rise("IpExt.InMcastPkts", "Ip6.InMcastPkts");
    let delivered = facts.rise("Ip.InDelivers", "Ip6.InDelivers");
    let counters =
        format!("InReceives +{received}, InMcastPkts +{multicast}, InDelivers +{delivered}");
    let finding = |gap, level, evidence: String| gap_finding(facts, gap, level, &evidence);
    if let Some(frames) = frames(facts).filter(|_| is_lost(facts) && facts.counters.is_some()) {
        let gap = gap(received, multicast, frames);
        let evidence = format!(
            "{} of it came in, and no datagram was delivered: {counters}",
            count(frames, "frame")
        );
        return Some(if is_known(facts) {
            dropped_in_kernel(facts, gap, &evidence)
        } else {
            finding(gap, Level::Fault, evidence)
        });
    }
    // What comes from elsewhere gets through, so a rule against one's own datagrams does no harm.
    // Where all rules are known, none drops more.
    if facts.heard_here() > 0 || is_known(facts) {
        return None;
    }
    if let Some((gap, test)) = self_test_gap(facts) {
        let own = format!(
            "none of {} that this host sent to itself came back",
            count(test.sent, "datagram")
        );
        if test.same_port && agrees(facts, gap) {
            return Some(finding(
                gap,
                Level::Fault,
                format!("{own}, and what comes in gets lost there too: {counters}"),
            ));
        }
        let may_be = "which is consistent with it, and with a rule against those who send from \
                      this host's own address";
        let lost = finding(gap, Level::Warning, format!("{own}, {may_be}; {counters}"));
        return Some(if gap == Gap::Ingress { or_on_its_way_out(facts, lost) } else { lost });
    }
    // Everything that is delivered is counted, unicast too; so what is missing there is multicast
    // that was let in and not delivered. The loopback interface brings this host's own reports of
    // memberships back, which nobody takes.
    let is_loopback = facts.expected().is_some_and(|link| link.loopback);
    let fragments = facts.rise("Ip.ReasmReqds", "Ip6.ReasmReqds");
    if agrees(facts, Gap::Input) && fragments == 0 && !is_loopback {
        return Some(finding(
            Gap::Input,
            Level::Warning,
            format!(
                "{counters}: multicast for groups of this host was let in and not delivered, \
                 which is consistent with it, and with a policy of IPsec"
            ),
        ));
    }
    None
}

/// The kernel drops the target at `gap`, and no rule of the firewall does it.
fn dropped_in_kernel(facts: &Facts, gap: Gap, evidence: &str) -> Notice {
    let name = facts.judged().unwrap_or("this host");
    let (place, causes, commands): (_, _, &[String]) = match gap {
        Gap::Ingress => (
            "before IP has seen it",
            "a filter of tc, an XDP program or another kind of frame",
            &[format!("tc filter show dev {name} ingress"), format!("ip -d link show {name}")],
        ),
        Gap::Prerouting => (
            "before it is delivered",
            "a source that the kernel has no route for, a rule of policy routing or a filter of \
             sources",
            &[format!("{} rule", either(facts, "ip", "ip -6"))],
        ),
        Gap::Input => (
            "on its way to the sockets",
            "a policy of IPsec, translated addresses or fragments",
            &["ip xfrm policy".to_owned()],
        ),
    };
    let what =
        format!("this host's kernel drops {} {place}, and no rule of its firewall", facts.target);
    let finding = Notice::fault(
        Id::DroppedInKernel,
        format!("{what} does it"),
        format!("{evidence}; that is consistent with {causes}"),
    )
    .remedy("look for these; 'dropwatch -l kas' (as root) shows the kernel's own reasons");
    commands.iter().fold(finding, |finding, command| finding.run(Place::Here, command))
}
