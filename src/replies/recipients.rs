//! Decides to which addresses and ports a receiver may send answers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Reason;
use crate::iface::Interface;

/// Below are the system ports (RFC 6335, 6). A forged request must not make a receiver write to a
/// service.
const FIRST_USER_PORT: u16 = 1024;

/// The addresses and ports of this host, which decide about the recipients of answers.
#[derive(Clone, Debug, Default)]
pub struct Recipients {
    own: Vec<IpAddr>,
    broadcasts: Vec<Ipv4Addr>,
    loopbacks: Vec<u32>,
    /// The ports at which this receiver itself takes unicast.
    ports: Vec<u16>,
}

impl Recipients {
    /// The recipients that `interfaces` allow. `ports` are those at which this receiver takes
    /// unicast.
    pub fn new(interfaces: &[Interface], ports: Vec<u16>) -> Self {
        let mut recipients = Recipients { ports, ..Recipients::default() };
        for interface in interfaces {
            recipients.loopbacks.extend(interface.loopback.then_some(interface.index));
            for address in &interface.addresses {
                recipients.own.push(address.ip);
                let Some(broadcast) = address.broadcast() else { continue };
                let (IpAddr::V4(ip), Some(prefix)) = (address.ip, address.prefix) else { continue };
                let mask = u32::MAX << (32 - u32::from(prefix));
                // Old kernels broadcast to the address of the network, too.
                recipients.broadcasts.extend([broadcast, Ipv4Addr::from_bits(ip.to_bits() & mask)]);
            }
        }
        recipients
    }

    /// Checks the recipient of an answer: the source of a request to the port `port` that arrived on
    /// the interface `ifindex`.
    ///
    /// # Errors
    /// Why it gets no answer.
    pub fn check(&self, to: SocketAddr, port: u16, ifindex: Option<u32>) -> Result<(), Reason> {
        let address = to.ip();
        let is_local = ifindex.is_some_and(|index| self.loopbacks.contains(&index));
        if !is_unicast(address)
            || matches!(address, IpAddr::V4(ip) if self.broadcasts.contains(&ip))
            || (address.is_loopback() && !is_local)
        {
            return Err(Reason::Recipient);
        }
        if to.port() == 0 || (to.port() < FIRST_USER_PORT && to.port() != port) {
            return Err(Reason::Port);
        }
        let is_own = address.is_loopback() || self.own.contains(&address);
        if is_own && self.ports.contains(&to.port()) {
            return Err(Reason::Recipient);
        }
        Ok(())
    }
}

/// Whether an address belongs to one host.
fn is_unicast(address: IpAddr) -> bool {
    match address {
        // 0.0.0.0/8 is this network (RFC 1122, 3.2.1.3), and 240.0.0.0/4 reserved.
        IpAddr::V4(ip) => (1..224).contains(&ip.octets()[0]),
        IpAddr::V6(ip) => {
            !ip.is_multicast() && !ip.is_unspecified() && ip.to_ipv4_mapped().is_none()
        }
    }
}
