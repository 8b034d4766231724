//! Frames of the group that reach an interface but not IP: they carry a VLAN tag, or the MAC address
//! of another host.

use super::words::either;
use crate::diagnosis::facts::{Facts, FlowFacts};
use crate::notice::{Id, Level, Notice, Place};
use crate::target::ethernet_address;
use crate::units::words::count;

/// Fewer may come from a switch that has just learned the port of a host.
const FEW: u64 = 3;

pub fn findings(facts: &Facts) -> Vec<Notice> {
    [vlan_tag(facts), other_mac(facts)].into_iter().flatten().collect()
}

/// All frames of the group, also those that IP drops.
fn flows(facts: &Facts) -> impl Iterator<Item = &FlowFacts> {
    facts.frames.iter().flat_map(|frames| &frames.flows)
}

/// The tags of a frame, for a sentence.
fn tags(flow: &FlowFacts, vlan: u16) -> String {
    match (flow.provider_tag, flow.inner_vlan) {
        (false, None) => format!("VLAN tag {vlan}"),
        (true, None) => format!("provider VLAN tag {vlan} (802.1ad)"),
        (false, Some(inner)) => format!("two VLAN tags (outer {vlan}, inner {inner})"),
        (true, Some(inner)) => format!("two VLAN tags (802.1ad outer {vlan}, inner {inner})"),
    }
}

/// The frames of the group that arrive with a VLAN tag.
fn vlan_tag(facts: &Facts) -> Option<Notice> {
    let tagged: Vec<&FlowFacts> =
        flows(facts).filter(|flow| flow.vlan.is_some() && facts.is_expected(&flow.iface)).collect();
    let first = *tagged.first().filter(|_| facts.heard.is_empty())?;
    let (name, vlan) = (&first.iface, first.vlan?);
    let frames = count(tagged.iter().map(|flow| flow.frames).sum(), "frame");
    let tags = tags(first, vlan);
    let elsewhere = |flow: &&FlowFacts| flow.source == first.source && flow.iface != *name;
    // An interface for the VLAN receives the same frames again, without the tag.
    if let Some(above) = flows(facts).filter(elsewhere).find(|flow| flow.vlan.is_none()) {
        let (group, above) = (facts.target.group, &above.iface);
        let what =
            format!("{group} reaches {name} with {tags}, and the kernel delivers it to {above}");
        let evidence = format!("{frames} arrived tagged on {name} and untagged on {above}");
        return Some(
            Notice::fault(Id::VlanTag, what, evidence)
                .remedy(format!("receive the group on {above}, which also needs an IP address"))
                .run(Place::Here, format!("mcast recv {} --iface {above}", facts.target)),
        );
    }
    let is_half_open =
        |flow: &&FlowFacts| first.inner_vlan.is_some() && flow.vlan == first.inner_vlan;
    let half_open = flows(facts).filter(elsewhere).find(is_half_open);
    let evidence = match half_open {
        Some(above) => format!(
            "{frames} arrived tagged; {} removes the outer tag, and no interface of this host \
             accepts the inner tag",
            above.iface
        ),
        None => format!(
            "{frames} arrived tagged; the kernel drops frames of a VLAN without an interface"
        ),
    };
    Some(
        Notice::fault(
            Id::VlanTag,
            format!(
                "{} reaches {name} with {tags}, which no interface of this host accepts",
                facts.target.group
            ),
            evidence,
        )
        .remedy(
            "configure the switch to send the group untagged on this port, or add an interface for \
             this VLAN and receive there",
        )
        .run(Place::Here, new_interfaces(first, vlan, half_open.map(|flow| flow.iface.as_str()))),
    )
}

/// The line that adds interfaces for the tags of a flow. `outer` is an interface that already removes
/// the outer tag.
fn new_interfaces(flow: &FlowFacts, vlan: u16, outer: Option<&str>) -> String {
    let make = |parent: &str, id: u16, protocol: &str| {
        // An interface name has at most 15 characters (IFNAMSIZ).
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

/// The frames of the group with the MAC address of another host as their destination.
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
                "{group} reaches {} in frames to another host's MAC address, and the kernel drops \
                 them",
                first.iface
            ),
            format!(
                "{} from {} arrived with another host's MAC address (PACKET_OTHERHOST), none with \
                 the group's MAC address{mac}",
                count(frames, "frame"),
                first.source
            ),
        )
        .remedy(format!(
            "send the group to its own MAC address{mac}: disable multicast-to-unicast conversion in \
             the access point, bridge or {} proxy, and delete static neighbour entries for the \
             group on the sender",
            either(facts, "IGMP", "MLD")
        ))
        .run(Place::Switch, "bridge link set dev IFACE mcast_to_unicast off")
        .at(level),
    )
}
