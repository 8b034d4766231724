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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::iface::Address;

    fn recipients(ip: Ipv4Addr, prefix: u8) -> Recipients {
        let address = Address { ip: ip.into(), prefix: Some(prefix) };
        let interface = Interface { index: 2, addresses: vec![address], ..Interface::default() };
        Recipients::new(&[interface], vec![5000])
    }

    #[test]
    fn a_program_on_this_host_gets_answers_but_the_receiver_itself_does_not() {
        let own = Ipv4Addr::new(10, 0, 0, 1);
        let check = |port| recipients(own, 24).check((own, port).into(), 7000, Some(2));
        assert_eq!(check(40_000), Ok(()));
        assert_eq!(check(5000), Err(Reason::Recipient));
    }

    #[test]
    fn a_system_port_gets_answers_only_if_the_request_went_to_it() {
        let to = SocketAddr::from(([10, 0, 0, 9], 319));
        let check = |port| recipients(Ipv4Addr::new(10, 0, 0, 1), 24).check(to, port, Some(2));
        assert_eq!((check(319), check(5000)), (Ok(()), Err(Reason::Port)));
    }

    proptest! {
        #[test]
        fn no_answer_goes_to_many_hosts_or_to_no_port(
            (bits, own) in any::<(u32, u32)>(),
            (port, request_port) in any::<(u16, u16)>(),
            prefix in 0..=32_u8,
            is_near: bool,
        ) {
            let own = Ipv4Addr::from_bits(own);
            let ip = Ipv4Addr::from_bits(if is_near { own.to_bits() ^ (bits & 0xff) } else { bits });
            let recipients = recipients(own, prefix);
            if recipients.check((ip, port).into(), request_port, Some(2)).is_ok() {
                prop_assert!(!ip.is_multicast() && !ip.is_broadcast() && !ip.is_unspecified());
                prop_assert!(!ip.is_loopback() && port > 0);
                prop_assert!(port >= 1024 || port == request_port);
                let host = 32 - u32::from(prefix);
                let ones = 1_u64.checked_shl(host).map_or(u32::MAX, |all| (all - 1) as u32);
                let is_here = (ip.to_bits() ^ own.to_bits()) & !ones == 0;
                let is_network = (1..=30).contains(&prefix) && !own.is_loopback() && is_here;
                prop_assert!(!is_network || ip.to_bits() & ones != ones);
                prop_assert!(ip != own || port != 5000);
            }
        }

        #[test]
        fn no_answer_goes_to_a_group_of_ipv6(bits: u128, port: u16) {
            let ip = std::net::Ipv6Addr::from_bits(bits);
            let recipients = recipients(Ipv4Addr::new(10, 0, 0, 1), 24);
            if recipients.check((ip, port).into(), port, Some(2)).is_ok() {
                prop_assert!(!ip.is_multicast() && !ip.is_unspecified() && !ip.is_loopback());
            }
        }
    }
}
