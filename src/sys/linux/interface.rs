//! The interfaces of this host by ioctl (netdevice(7)), for processes without netlink sockets.

use std::io;
use std::mem;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;

use libc::{c_char, c_int, ifreq, sockaddr, sockaddr_in};

/// Queries interfaces by name. Names are bytes: the kernel does not require text.
pub struct InterfaceQuery(UdpSocket);

/// The Ethernet address of an interface, and its link type (ARPHRD_* of linux/if_arp.h).
pub struct Hardware {
    pub link_type: u16,
    pub address: [u8; 6],
}

impl InterfaceQuery {
    pub fn open() -> io::Result<Self> {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).map(InterfaceQuery)
    }

    pub fn index(&self, name: &[u8]) -> io::Result<u32> {
        let answer = self.ask(libc::SIOCGIFINDEX, request(name)?)?;
        // SAFETY: the kernel has filled in this member of the union.
        let index = unsafe { answer.ifr_ifru.ifru_ifindex };
        u32::try_from(index).map_err(io::Error::other)
    }

    /// The IFF_* flags; the ioctl has only 16 bits.
    pub fn flags(&self, name: &[u8]) -> io::Result<c_int> {
        let answer = self.ask(libc::SIOCGIFFLAGS, request(name)?)?;
        // SAFETY: the kernel has filled in this member of the union.
        let flags = unsafe { answer.ifr_ifru.ifru_flags };
        Ok(c_int::from(u16::from_ne_bytes(flags.to_ne_bytes())))
    }

    /// In bytes.
    pub fn mtu(&self, name: &[u8]) -> io::Result<u32> {
        let answer = self.ask(libc::SIOCGIFMTU, request(name)?)?;
        // SAFETY: the kernel has filled in this member of the union.
        let mtu = unsafe { answer.ifr_ifru.ifru_mtu };
        u32::try_from(mtu).map_err(io::Error::other)
    }

    pub fn hardware(&self, name: &[u8]) -> io::Result<Hardware> {
        let answer = self.ask(libc::SIOCGIFHWADDR, request(name)?)?;
        // SAFETY: the kernel has filled in this member of the union.
        let found = unsafe { answer.ifr_ifru.ifru_hwaddr };
        let mut address = [0; 6];
        let bytes = found.sa_data.iter().map(|byte| byte.to_ne_bytes()[0]);
        address.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        Ok(Hardware { link_type: found.sa_family, address })
    }

    /// The IPv4 addresses of all interfaces, each with its label: the name of the interface or of
    /// an alias (`e0:1`).
    pub fn ipv4_addresses(&self) -> io::Result<Vec<(Vec<u8>, Ipv4Addr)>> {
        let mut capacity = 64;
        loop {
            // SAFETY: `ifreq` is a plain C struct, for which all zeroes is a valid value.
            let mut found: Vec<ifreq> = vec![unsafe { mem::zeroed() }; capacity];
            let bytes = capacity * size_of::<ifreq>();
            let mut list = libc::ifconf {
                ifc_len: c_int::try_from(bytes).map_err(io::Error::other)?,
                ifc_ifcu: libc::__c_anonymous_ifc_ifcu { ifcu_req: found.as_mut_ptr() },
            };
            // SAFETY: the kernel writes at most `ifc_len` bytes to `found`, which outlives the call,
            // and the descriptor is open because `self` is borrowed.
            let result = unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SIOCGIFCONF, &mut list) };
            if result < 0 {
                return Err(io::Error::last_os_error());
            }
            let written = usize::try_from(list.ifc_len).unwrap_or(0) / size_of::<ifreq>();
            // A full list may have been truncated.
            if written < capacity {
                found.truncate(written);
                return Ok(found.iter().map(|entry| (name_of(entry), address_of(entry))).collect());
            }
            capacity *= 2;
        }
    }

    /// The netmask of an address from [`Self::ipv4_addresses`].
    pub fn netmask(&self, label: &[u8], address: Ipv4Addr) -> io::Result<Ipv4Addr> {
        let mut asked = request(label)?;
        asked.ifr_ifru.ifru_addr = socket_address(address);
        self.ask(libc::SIOCGIFNETMASK, asked).map(|answer| address_of(&answer))
    }

    fn ask(&self, what: libc::Ioctl, mut request: ifreq) -> io::Result<ifreq> {
        // SAFETY: the kernel reads and writes one `ifreq`, which outlives the call, and the
        // descriptor is open because `self` is borrowed.
        let result = unsafe { libc::ioctl(self.0.as_raw_fd(), what, &mut request) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(request) }
    }
}

/// A request for the interface with this name.
fn request(name: &[u8]) -> io::Result<ifreq> {
    // SAFETY: `ifreq` is a plain C struct, for which all zeroes is a valid value.
    let mut request: ifreq = unsafe { mem::zeroed() };
    if name.len() >= request.ifr_name.len() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let characters = name.iter().map(|byte| c_char::from_ne_bytes([*byte]));
    request.ifr_name.iter_mut().zip(characters).for_each(|(to, from)| *to = from);
    Ok(request)
}

fn name_of(entry: &ifreq) -> Vec<u8> {
    let bytes = entry.ifr_name.iter().map(|byte| byte.to_ne_bytes()[0]);
    bytes.take_while(|byte| *byte != 0).collect()
}

fn address_of(entry: &ifreq) -> Ipv4Addr {
    // SAFETY: the kernel has filled in this member of the union.
    let address = unsafe { entry.ifr_ifru.ifru_addr };
    // The bytes after the port in a `struct sockaddr_in`.
    let [_, _, a, b, c, d, ..] = address.sa_data.map(|byte| byte.to_ne_bytes()[0]);
    Ipv4Addr::new(a, b, c, d)
}

fn socket_address(address: Ipv4Addr) -> sockaddr {
    // SAFETY: `sockaddr` is a plain C struct, for which all zeroes is a valid value.
    let mut bare: sockaddr = unsafe { mem::zeroed() };
    const _: () = assert!(size_of::<sockaddr>() == size_of::<sockaddr_in>());
    bare.sa_family = libc::AF_INET as libc::sa_family_t;
    let octets = address.octets().map(|byte| c_char::from_ne_bytes([byte]));
    bare.sa_data[2..6].copy_from_slice(&octets);
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_has_its_properties() {
        let query = InterfaceQuery::open().unwrap();
        assert!(query.index(b"lo").unwrap() > 0);
        assert!(query.flags(b"lo").unwrap() & libc::IFF_LOOPBACK != 0);
        assert_eq!(query.hardware(b"lo").unwrap().link_type, libc::ARPHRD_LOOPBACK);
        assert!(query.mtu(b"lo").unwrap() > 0);
        let addresses = query.ipv4_addresses().unwrap();
        for (label, address) in &addresses {
            assert!(query.netmask(label, *address).is_ok(), "{address}");
        }
        assert!(query.index(b"no-such-interface").is_err());
    }
}
