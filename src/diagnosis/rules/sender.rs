//! Packets that IP drops because of their header, before a firewall sees them: an invalid source, a
//! wrong checksum or length, a source route.

use super::words::either;
use crate::diagnosis::Martian;
use crate::diagnosis::facts::{Facts, FlowFacts};
use crate::net::wire::Flaw;
use crate::notice::{Id, Level, Notice, Place};
use crate::units::order;
use crate::units::words::{count, list, setting};

/// Fewer packets may belong to other traffic.
const FEW: u64 = 3;

pub fn findings(facts: &Facts) -> Vec<Notice> {
    let found = [martian(facts), bad_header(facts), source_route(facts)];
    found.into_iter().flatten().collect()
}

/// Frames of the target of one kind, from sources whose datagrams were not delivered.
struct Refused<'a> {
    flows: Vec<&'a FlowFacts>,
    frames: u64,
    sources: String,
}

impl<'a> Refused<'a> {
    fn of(facts: &'a Facts, is_refused: impl Fn(&FlowFacts) -> bool) -> Option<Self> {
        let heard = order::set(facts.heard_where_expected().map(|heard| heard.source.ip()));
        let flows: Vec<&FlowFacts> = facts
            .flows_here()
            .filter(|flow| is_refused(flow) && !heard.contains(&flow.source))
            .collect();
        let frames = flows.iter().map(|flow| flow.frames).sum();
        let sources = order::set(flows.iter().map(|flow| flow.source.to_string()));
        let sources = list(&sources.into_iter().collect::<Vec<_>>());
        (frames > 0).then_some(Refused { flows, frames, sources })
    }

    fn evidence(&self, facts: &Facts) -> String {
        let name = self.flows.first().map_or("", |flow| &flow.iface);
        format!(
            "{} of {} arrived on {name} from {}, and the kernel delivered none of them",
            count(self.frames, "frame"),
            facts.target.group,
            self.sources
        )
    }
}

/// A fault if no datagrams of the target are delivered, a warning if those of other senders are.
fn level(facts: &Facts) -> Level {
    if facts.heard_here() == 0 { Level::Fault } else { Level::Warning }
}

fn martian(facts: &Facts) -> Option<Notice> {
    let refused = Refused::of(facts, |flow| facts.martian(flow).is_some())?;
    let kind = facts.martian(refused.flows.first()?)?;
    let sources = &refused.sources;
    let word = match kind {
        Martian::Group => "a multicast address",
        Martian::Loopback => "a loopback address",
        Martian::Broadcast => "a broadcast address",
        Martian::Unspecified => "the unspecified address",
    };
    let errors = facts.rise("", "Ip6.InHdrErrors");
    let counter = if errors > 0 { format!("; Ip6: InHdrErrors +{errors}") } else { String::new() };
    let what = format!(
        "{} comes from {sources}, {word}: the kernel drops datagrams with this source",
        facts.target
    );
    let finding = Notice::new(level(facts), Id::MartianSource, what)
        .why(format!("{}{counter}", refused.evidence(facts)))
        .remedy(match kind {
            Martian::Unspecified => {
                "assign an address to the sender's interface before sending, or bind the sending \
                 socket to one"
            }
            _ => "make the sender use an address of its interface",
        })
        .run(Place::Sender, "ip addr show dev IFACE");
    Some(finding)
}

fn bad_header(facts: &Facts) -> Option<Notice> {
    let flaw = |flow: &FlowFacts| flow.flaw.filter(|flaw| *flaw != Flaw::SourceRoute);
    let ip = either(facts, "Ip", "Ip6");
    let errors = facts.rise("Ip.InHdrErrors", "Ip6.InHdrErrors");
    let truncated = facts.rise("IpExt.InTruncatedPkts", "Ip6.InTruncatedPkts");
    let counters = format!("{ip}: InHdrErrors +{errors}, InTruncatedPkts +{truncated}");
    let with_remedy = |finding: Notice| {
        finding
            .remedy(
                "fix the header where it is written: in a program with a raw socket, a tunnel or a \
                 replayed capture; mcast shows whether the network carries valid packets",
            )
            .run(
                Place::Sender,
                format!("mcast send --probe {} --iface IFACE", facts.target.to_send()),
            )
    };
    if let Some(refused) = Refused::of(facts, |flow| flaw(flow).is_some()) {
        let wrong = match flaw(refused.flows.first()?)? {
            Flaw::Checksum => "with a wrong IP header checksum",
            Flaw::Truncated => "shorter than their IP header states",
            _ => "with an invalid IP header",
        };
        let what =
            format!("packets for {} arrive {wrong}, and the kernel drops them", facts.target);
        let evidence = format!("{}; {counters}", refused.evidence(facts));
        return Some(with_remedy(Notice::new(level(facts), Id::BadIpHeader, what).why(evidence)));
    }
    // A router also counts packets there whose TTL expires.
    if facts.frames.is_some() || facts.heard_here() > 0 || errors + truncated < FEW {
        return None;
    }
    Some(with_remedy(Notice::warning(
        Id::BadIpHeader,
        "packets arrive with a bad IP header, and the kernel drops them",
        format!(
            "{counters}: a wrong checksum or length{}; these counters cover the whole host and do \
             not prove that the target is affected",
            either(facts, "", ", or an invalid source")
        ),
    )))
}

fn source_route(facts: &Facts) -> Option<Notice> {
    let refused = Refused::of(facts, |flow| flow.flaw == Some(Flaw::SourceRoute))?;
    let what = format!(
        "packets for {} arrive with a source route, and the kernel drops them",
        facts.target
    );
    let name = setting(&refused.flows.first()?.iface);
    let evidence = either(
        facts,
        format!(
            "the header contains a route (RFC 791, 3.1), which the kernel never accepts in \
             multicast, regardless of net.ipv4.conf.{name}.accept_source_route"
        ),
        format!(
            "the packets have a routing header (RFC 8200, 4.4); Ip6: InAddrErrors +{}",
            facts.rise("", "Ip6.InAddrErrors")
        ),
    );
    Some(
        Notice::new(level(facts), Id::SourceRoute, what)
            .why(format!("{}; {evidence}", refused.evidence(facts)))
            .remedy("send without a source route")
            .run(
                Place::Sender,
                format!("mcast send --probe {} --iface IFACE", facts.target.to_send()),
            ),
    )
}
