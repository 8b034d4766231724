//! The tips for memberships that cannot be changed (ip(7), ipv6(7), and measurements on Linux).

use std::net::IpAddr;

use super::code;
use crate::host::{Commands, sysctl};
use crate::target::Endpoint;

/// Whether the socket has reached a limit. IPv4 limits the groups, IPv6 the memory.
pub fn is_exhausted(number: i32) -> bool {
    [code::NO_BUFFERS, code::NO_MEMORY].contains(&number)
}

/// The tip for a refused join of a group, from one source or from any.
pub(crate) fn join_tip(
    at: &Endpoint,
    source: Option<&IpAddr>,
    number: i32,
    commands: Commands,
) -> Option<String> {
    let (group, name) = (at.group, &at.via.name);
    Some(match number {
        _ if is_exhausted(number) => limit_tip(group, source, sysctl::limit),
        // Linux returns EINVAL on an interface without IPv6, and ENODEV if the interface is missing.
        code::NO_DEVICE | code::INVALID if group.is_ipv6() => format!(
            "check that {name} exists and has IPv6, which needs an MTU of 1280 or more: {}",
            commands.show_interface(name)
        ),
        code::NO_DEVICE => {
            let list = commands.list_interfaces();
            format!("check whether {name} disappeared or has a new index: {list}")
        }
        code::IN_USE => format!(
            "report this bug in mcast: its socket has already joined {group} on {name} from any \
             source"
        ),
        code::INVALID => format!(
            "check that this system supports {group}, and that the socket does not mix included and \
             excluded sources"
        ),
        code::NOT_AVAILABLE => match source {
            Some(source) => format!(
                "check that {source} is named only once, and that the socket has joined {group} on \
                 {name}"
            ),
            None => format!("check whether {name} has a new index: {}", commands.list_interfaces()),
        },
        code::NO_OPTION => {
            "check the version of this system: it may be too old for source filters (RFC 3678)"
                .to_owned()
        }
        code::NOT_PERMITTED => {
            "check the security policies of this host (container, eBPF): one may forbid it"
                .to_owned()
        }
        _ => return None,
    })
}

/// The tip for a join beyond a limit; `value` reads the value of a sysctl.
pub(crate) fn limit_tip(
    group: IpAddr,
    source: Option<&IpAddr>,
    value: impl Fn(&str) -> Option<u64>,
) -> String {
    let (limit, name) = match (source, group) {
        (_, IpAddr::V4(_)) if value(sysctl::MOST_GROUPS) == Some(0) => {
            ("groups per socket", sysctl::MOST_GROUPS)
        }
        (Some(_), IpAddr::V4(_)) => ("sources per group", sysctl::MOST_SOURCES_V4),
        (Some(_), IpAddr::V6(_)) => ("sources per group", sysctl::MOST_SOURCES_V6),
        (None, IpAddr::V4(_)) => ("groups per socket", sysctl::MOST_GROUPS),
        (None, IpAddr::V6(_)) => ("memory for socket options", sysctl::MOST_OPTIONS),
    };
    match value(name) {
        Some(now) => {
            let more = (2 * now).max(20);
            format!("raise the limit of {limit} (now {now}): sysctl -w {name}={more}")
        }
        None => format!("raise the limit of {limit} ({name} on Linux)"),
    }
}

/// The tip for a membership that cannot be left.
pub fn leave_tip(at: &Endpoint, number: i32) -> Option<String> {
    let (group, name) = (at.group, &at.via.name);
    match number {
        code::NO_DEVICE => {
            Some(format!("no action needed: {name} disappeared, and the membership with it"))
        }
        code::NOT_AVAILABLE => Some(format!(
            "no action needed: {group} is no longer joined on {name}, which was deleted or has a \
             new index"
        )),
        _ => None,
    }
}
