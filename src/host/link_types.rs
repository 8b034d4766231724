//! The types of interfaces (ifi_type; net/if_types.h of FreeBSD and macOS).

use super::routing::LinkState;
use crate::iface::Link;

/// IFT_LOOP of both systems.
const LOOPBACK: u8 = 0x18;

/// The kind of a link, with the words of `ip -d link`. Other types, as a network card, have none.
pub fn kind(state: &LinkState) -> Link {
    let kind = match state.link_type {
        0x87 => Some("vlan"),
        // IFT_IEEE8023ADLAG of FreeBSD and of macOS.
        0xa1 => Some("bond"),
        0x88 if cfg!(target_os = "macos") => Some("bond"),
        0xd1 => Some("bridge"),
        // IFT_WIREGUARD of FreeBSD.
        0xfb => Some("wireguard"),
        _ => None,
    };
    let address = state.link.as_ref().map(|link| link.address.len());
    let no_ethernet = address.is_some_and(|length| length != 6) && state.link_type != LOOPBACK;
    Link { kind: kind.map(str::to_owned), no_ethernet, ..Link::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::routing::LinkAddress;

    #[test]
    fn a_link_without_an_ethernet_address_is_a_tunnel() {
        let state = |link_type, length| LinkState {
            index: 2,
            link: Some(LinkAddress { address: vec![2; length], ..LinkAddress::default() }),
            link_type,
            carrier: None,
            mtu: 1500,
            baudrate: 0,
            counters: [0; 10],
            send_drops: 0,
        };
        assert_eq!(kind(&state(6, 6)), Link::default());
        assert_eq!(kind(&state(LOOPBACK, 0)), Link::default());
        assert!(kind(&state(0x17, 0)).no_ethernet);
        assert_eq!(kind(&state(0x87, 6)).kind.as_deref(), Some("vlan"));
        assert_eq!(kind(&state(0xd1, 6)).kind.as_deref(), Some("bridge"));
    }
}
