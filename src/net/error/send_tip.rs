//! The tips for datagrams that cannot be sent.

use std::io::{self, ErrorKind};
use std::net::IpAddr;

use super::address_tip::unusable_tip;
use super::code;
use super::queue_tip::no_buffers_tip;
use crate::host::{self, Commands};
use crate::iface::{Cast, Family};
use crate::target::Endpoint;

/// The tip for a datagram that the system refused.
pub fn send_tip(at: &Endpoint, error: &io::Error) -> Option<String> {
    let (kind, number, group) = (error.kind(), error.raw_os_error(), at.group);
    Some(match kind {
        ErrorKind::AddrNotAvailable if group.is_ipv6() => unusable_tip(at.via.address),
        ErrorKind::PermissionDenied => firewall_tip(group, Commands::HERE),
        ErrorKind::NetworkUnreachable => unreachable_tip(at, Commands::HERE),
        ErrorKind::HostUnreachable if cfg!(target_os = "macos") => local_network_tip(),
        _ if number == Some(code::NO_BUFFERS) => {
            no_buffers_tip(at, host::queues(at.via.index).ok().as_deref())
        }
        _ if number == Some(code::TOO_LONG) => {
            format!("send at most {} bytes to {group}", Family::of(group).max_payload())
        }
        // ENOKEY and EDESTADDRREQ.
        _ if at.via.link.is_wireguard() => no_peer_tip(at),
        _ => return None,
    })
}

/// The tip for an interface that cannot be selected.
pub fn send_via_tip(at: &Endpoint, kind: ErrorKind) -> Option<String> {
    let name = &at.via.name;
    (kind == ErrorKind::AddrNotAvailable)
        .then(|| format!("check the addresses of {name}: {}", Commands::HERE.show_addresses(name)))
}

/// The tip for macOS, which requires a permission to send to the local network.
pub(crate) fn local_network_tip() -> String {
    "allow mcast in System Settings, Privacy & Security, Local Network".to_owned()
}

/// The tip for a datagram that a rule of this host forbids.
pub(crate) fn firewall_tip(group: IpAddr, commands: Commands) -> String {
    let rules = match commands {
        Commands::Linux => "OUTPUT and POSTROUTING rules with 'nft list ruleset'",
        Commands::Macos => "rules that block it with 'pfctl -s rules'",
        Commands::FreeBsd => "rules that block it with 'pfctl -s rules' and 'ipfw list'",
        Commands::Windows => {
            return "allow mcast in Windows Defender Firewall, for the profile (private or public) \
                    of this network"
                .to_owned();
        }
    };
    format!("allow UDP to {group} in this host's firewall: look for {rules}")
}

/// The tip for a destination without a route.
pub(crate) fn unreachable_tip(at: &Endpoint, commands: Commands) -> String {
    let (name, group) = (&at.via.name, at.group);
    if at.cast != Cast::Multicast {
        return format!("check this host's route: {}", commands.show_route(group));
    }
    if group.is_ipv6() && at.via.address.is_some_and(|address| address.is_loopback()) {
        let what = "add the multicast route that IPv6 lacks on loopback";
        return match commands {
            Commands::Linux => format!("{what}: ip -6 route add local ff00::/8 dev {name}"),
            _ => format!("{what}, for ff00::/8 to {name}"),
        };
    }
    format!(
        "check that {name} is up, with an address and a route: {}",
        commands.show_addresses(name)
    )
}

/// WireGuard has no peer for a group, or does not know the address of the peer.
fn no_peer_tip(at: &Endpoint) -> String {
    let name = &at.via.name;
    let all = if at.group.is_ipv4() { "224.0.0.0/4" } else { "ff00::/8" };
    format!(
        "add {all} to the allowed IPs of a reachable peer of {name}: wg set {name} peer KEY \
         allowed-ips LIST (wg show {name} allowed-ips prints the list)"
    )
}
