//! Frames of the group that reach an interface and that IP never sees: of another VLAN, or
//! addressed to another host.

use super::words::either;
use crate::diagnosis::facts::{Facts, FlowFacts};
use crate::notice::{Id, Level, Notice, Place};
use crate::target::ethernet_address;
use crate::units::words::count;

/// Fewer may be a switch that has just learned where a host is.
const FEW: u64 = 3;

pub fn findings(facts: &Facts) -> Vec<Notice> {
    [vlan_tag(facts), other_mac(facts)].into_iter().flatten().collect()
}

/// The frames of the group, whatever IP makes of them.
fn flows(facts: &Facts) -> impl Iterator<Item = &FlowFacts> {
    facts.frames.iter().flat_map(|frames| &frames.flows)
}

/// The tags of a frame, for a sentence.
fn tags(flow: &FlowFacts, vlan: u16) -> String {
    match (flow.provider_tag, flow.inner_vlan) {
        (false, None) => format!("the tag of VLAN {vlan}"),
        (true, None) => format!("a provider's tag (802.1ad) of VLAN {vlan}"),
        (false, Some(inner)) => format!("two tags (VLAN {vlan}, and {inner} within)"),
        (true, Some(inner)) => {
            format!(
                "two tags (802.1ad, QinQ): the provider's of VLAN {vlan}, and VLAN {inner} within"
            )
        }
    }
}

/// The frames of the group that are of another virtual LAN.
fn vlan_tag(facts: &Facts) -> Option<Notice> {
    let tagged: Vec<&FlowFacts> =
        flows(facts).filter(|flow| flow.vlan.is_some() && facts.is_expected(&flow.iface)).collect();
    let first = *tagged.first().filter(|_| facts.heard.is_empty())?;
    let (name, vlan) = (&first.iface, first.vlan?);
    let frames = count(tagged.iter().map(|flow| flow.frames).sum(), "frame");
    let tags = tags(first, vlan);
    let elsewhere = |flow: &&FlowFacts| flow.source == first.source && flow.iface != *name;
    // What the interface of the VLAN takes is seen there again, without the tag.
    if let Some(above) = flows(facts).filter(elsewhere).find(|flow| flow.vlan.is_none()) {
        return Some(
            Notice::fault(
                Id::VlanTag,
                format!(
                    "{} reaches {name} with {tags}, and belongs to {}",
                    facts.target.group, above.iface
                ),
                format!("{frames} with that, and {} has them without", above.iface),
            )
            .remedy(format!("listen on {}, which needs an address too", above.iface))
            .run(Place::Here, format!("mcast recv {} --iface {}", facts.target, above.iface)),
        );
    }
    let is_half_open =
        |flow: &&FlowFacts| first.inner_vlan.is_some() && flow.vlan == first.inner_vlan;
    let half_open = flows(facts).filter(elsewhere).find(is_half_open);
    let there = match half_open {
        Some(above) => format!(
            "{frames} with that; {} takes the outer tag away, and no interface is for the inner one",
            above.iface
        ),
        None => format!("{frames} with that, and no interface of this host is for it"),
    };
    Some(
        Notice::fault(
            Id::VlanTag,
            format!(
                "{} reaches {name} with {tags}, which this host takes for somebody else's",
                facts.target.group
            ),
            there,
        )
        .remedy(
            "have the switch send it untagged to this port, or make an interface for that VLAN \
             and listen there",
        )
        .run(Place::Here, new_interfaces(first, vlan, half_open.map(|flow| flow.iface.as_str()))),
    )
}

/// The line that makes the interface for the tags of a flow. `outer` is one that takes the outer
/// tag away already.
fn new_interfaces(flow: &FlowFacts, vlan: u16, outer: Option<&str>) -> String {
    let make = |parent: &str, id: u16, protocol: &str| {
        // The name of an interface has 15 characters at most (IFNAMSIZ).
        let child = Some(format!("{parent}.{id}"))
            .filter(|child| child.len() <= 15)
            .unwrap_or(format!("vlan{id}"));
        let line = format!(
            "ip link add link {parent} name {child} type vlan {protocol}id {id}; ip link set \
             {child} up"
        );
        (child, line)
    };
    let protocol = if flow.provider_tag { "proto 802.1ad " } else { "" };
    match (outer, flow.inner_vlan) {
        (Some(outer), Some(inner)) => make(outer, inner, "").1,
        (_, inner) => {
            let (child, line) = make(&flow.iface, vlan, protocol);
            let within = inner.map(|inner| format!("; {}", make(&child, inner, "").1));
            line + &within.unwrap_or_default()
        }
    }
}

/// The frames of the group that are addressed to the network card of another host.
fn other_mac(facts: &Facts) -> Option<Notice> {
    let is_foreign =
        |flow: &&FlowFacts| flow.others && flow.vlan.is_none() && facts.is_expected(&flow.iface);
    let foreign: Vec<&FlowFacts> = flows(facts).filter(is_foreign).collect();
    let first = foreign.first()?;
    let frames: u64 = foreign.iter().map(|flow| flow.frames).sum();
    if frames < FEW || facts.frames_here() > Some(0) {
        return None;
    }
    let group = facts.target.group;
    let mac = ethernet_address(group).map(|mac| format!(" {mac}")).unwrap_or_default();
    let level = if facts.heard_here() == 0 { Level::Fault } else { Level::Note };
    Some(
        Notice::fault(
            Id::OtherMac,
            format!(
                "{group} reaches {} in frames to the MAC address of another host, and this host's \
                 kernel drops them",
                first.iface
            ),
            format!(
                "{} from {} for another host (PACKET_OTHERHOST), and none to the MAC address of \
                 the group{mac}",
                count(frames, "frame"),
                first.source
            ),
        )
        .remedy(format!(
            "have the device that puts it on this network send it to the MAC address of the \
             group{mac}: switch multicast-to-unicast off in the access point, bridge or {} proxy, \
             and delete a static neighbour entry for the group on the sender",
            either(facts, "IGMP", "MLD")
        ))
        .run(Place::Switch, "bridge link set dev IFACE mcast_to_unicast off")
        .at(level),
    )
}
