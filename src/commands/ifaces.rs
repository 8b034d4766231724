//! `mcast ifaces`: the interfaces of this host and their multicast properties.

use std::collections::BTreeMap;

use crate::event::{AddressInfo, Event, IfacesSummary, InterfaceInfo};
use crate::host::Groups;
use crate::iface::{Address, Flag, Interface};
use crate::net::NetError;
use crate::notice::interface;
use crate::report::Reporter;
use crate::verdict::{RunError, Stop, Verdict};
use crate::{host, verdict};

/// Lists the interfaces of this host, by index. Nothing is joined and nothing is sent.
///
/// # Errors
/// The interfaces cannot be listed, or the list cannot be written.
pub fn run(reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let interfaces = host::interfaces().map_err(NetError::list_interfaces)?;
    if let Some(warning) = interface::about_netlink() {
        reporter.warn(&warning)?;
    }
    let (mtus, groups) = (host::mtus(), host::groups());
    let shown = show(&interfaces, &mtus, &groups, reporter);
    let concluded = verdict::conclude(shown, reporter.signal());
    // If a signal arrives while the reader stalls, the final output has a time limit.
    reporter.final_output(|_| Ok(()))?;
    match concluded {
        (_, Some(error)) => Err(error),
        (stop, None) => Ok(verdict::of_list(stop)),
    }
}

fn show(
    interfaces: &[Interface],
    mtus: &BTreeMap<u32, u32>,
    groups: &Groups,
    reporter: &mut Reporter,
) -> Result<Stop, RunError> {
    for iface in interfaces {
        reporter.event(&Event::Interface(describe(
            iface,
            mtus.get(&iface.index).copied(),
            groups,
        )))?;
    }
    reporter.event(&Event::IfacesSummary(IfacesSummary {
        interfaces: interfaces.len(),
        verdict: Verdict::default(),
    }))?;
    reporter.flush()?;
    Ok(Stop::Count)
}

fn describe(iface: &Interface, mtu: Option<u32>, groups: &Groups) -> InterfaceInfo {
    InterfaceInfo {
        name: iface.name.clone(),
        ifindex: iface.index,
        up: iface.up,
        carrier: iface.carrier(),
        multicast: iface.multicast,
        loopback: iface.loopback,
        point_to_point: iface.flags.contains(&Flag::PointToPoint),
        flags: iface.flags.clone(),
        kind: iface.link.kind.clone(),
        master: iface.link.master.as_ref().map(|master| master.name.clone()),
        vrf: iface.link.vrf(&iface.name).map(str::to_owned),
        mtu_bytes: mtu,
        mac: iface.mac,
        addresses: iface
            .addresses
            .iter()
            .map(|Address { ip, prefix }| AddressInfo { address: *ip, prefix: *prefix })
            .collect(),
        // An interface that is down uses no version.
        igmp_version: groups.igmp_version(iface.index).filter(|_| iface.up),
        mld_version: host::mld_version(&iface.name).filter(|_| iface.up),
        groups: groups.of(iface.index).map(<[_]>::to_vec),
    }
}
