//! The interfaces with their data, from the list of the routing table.

use std::collections::BTreeMap;
use std::io;

use libc::{CTL_NET, PF_ROUTE, c_int};

use crate::host::link_media::carrier;
use crate::host::link_types::kind;
use crate::host::routing::{Layout, LinkState, Message, messages};
use crate::iface::{Interface, Link};
use crate::sys::{link_media, sysctl};
use crate::units::printable::name_of;

/// The list with counters of 64 bits.
#[cfg(target_os = "macos")]
const LIST: c_int = libc::NET_RT_IFLIST2;

#[cfg(target_os = "freebsd")]
const LIST: c_int = libc::NET_RT_IFLIST;

/// The messages of a list.
pub fn list(what: c_int) -> io::Result<Vec<Message>> {
    let bytes = sysctl(&[CTL_NET, PF_ROUTE, 0, 0, what, 0])?;
    Ok(messages(&bytes, &Layout::HERE).collect())
}

/// The data of all interfaces.
pub fn states() -> Vec<LinkState> {
    let listed = list(LIST)
        .inspect_err(|error| tracing::debug!(%error, "cannot list the data of the interfaces"));
    let state = |message| match message {
        Message::Link(state) => Some(state),
        _ => None,
    };
    listed.unwrap_or_default().into_iter().filter_map(state).collect()
}

/// In bytes, by interface index.
pub fn mtus() -> BTreeMap<u32, u32> {
    states().into_iter().map(|state| (state.index, state.mtu)).collect()
}

/// By interface index, if the driver reports it. The list of macOS has no carriers.
pub fn carriers() -> BTreeMap<u32, bool> {
    let carrier =
        |state: LinkState| Some((state.index, state.carrier.or_else(|| by_media(&state))?));
    states().into_iter().filter_map(carrier).collect()
}

fn by_media(state: &LinkState) -> Option<bool> {
    let ifname = name_of(&state.link.as_ref()?.name);
    let media = link_media(&ifname)
        .inspect_err(|error| tracing::debug!(ifname, %error, "the interface has no media"))
        .ok()?;
    carrier(&media)
}

/// In bits per second; `None` if the driver does not report it.
pub fn link_speed(_ifname: &str, index: u32) -> Option<u64> {
    let state = states().into_iter().find(|state| state.index == index)?;
    Some(state.baudrate).filter(|speed| *speed > 0)
}

/// The kind of each interface, by its type (net/if_types.h).
pub fn links(interfaces: &[Interface]) -> BTreeMap<u32, Link> {
    let states = states();
    let link = |iface: &Interface| {
        let state = states.iter().find(|state| state.index == iface.index)?;
        Some((iface.index, kind(state)))
    };
    interfaces.iter().filter_map(link).collect()
}
