//! The system's route to an address, by GetBestRoute2.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr::null;

use windows_sys::Win32::NetworkManagement::IpHelper::{GetBestRoute2, MIB_IPFORWARD_ROW2};
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, IN_ADDR, IN_ADDR_0, IN6_ADDR, IN6_ADDR_0, SOCKADDR_IN, SOCKADDR_IN6,
    SOCKADDR_INET,
};

/// The route that the system selects for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BestRoute {
    pub index: u32,
    /// The next router; `None` if the address is on the link.
    pub next_hop: Option<IpAddr>,
}

/// The route that the system selects for an address.
///
/// # Errors
/// The error of the system, for example without a route.
pub fn best_route(address: IpAddr) -> io::Result<BestRoute> {
    let destination = sockaddr(address);
    let (mut route, mut source) = (MIB_IPFORWARD_ROW2::default(), SOCKADDR_INET::default());
    // SAFETY: the optional pointers are null, the others lead to local variables of these types,
    // which outlive the call.
    let result =
        unsafe { GetBestRoute2(null(), 0, null(), &destination, 0, &mut route, &mut source) };
    if result != 0 {
        return Err(io::Error::from_raw_os_error(result as i32));
    }
    let next_hop = ip(&route.NextHop).filter(|router| !router.is_unspecified());
    Ok(BestRoute { index: route.InterfaceIndex, next_hop })
}

fn sockaddr(address: IpAddr) -> SOCKADDR_INET {
    match address {
        IpAddr::V4(address) => {
            let bits = IN_ADDR_0 { S_addr: u32::from_ne_bytes(address.octets()) };
            let sin_addr = IN_ADDR { S_un: bits };
            SOCKADDR_INET {
                Ipv4: SOCKADDR_IN { sin_family: AF_INET, sin_addr, ..SOCKADDR_IN::default() },
            }
        }
        IpAddr::V6(address) => {
            let sin6_addr = IN6_ADDR { u: IN6_ADDR_0 { Byte: address.octets() } };
            SOCKADDR_INET {
                Ipv6: SOCKADDR_IN6 { sin6_family: AF_INET6, sin6_addr, ..SOCKADDR_IN6::default() },
            }
        }
    }
}

fn ip(address: &SOCKADDR_INET) -> Option<IpAddr> {
    // SAFETY: the whole union was initialised, and each member is valid for all bits.
    let (family, v4, v6) = unsafe {
        let v4 = address.Ipv4.sin_addr.S_un.S_addr;
        (address.si_family, v4, address.Ipv6.sin6_addr.u.Byte)
    };
    match family {
        AF_INET => Some(Ipv4Addr::from(v4.to_ne_bytes()).into()),
        AF_INET6 => Some(Ipv6Addr::from(v6).into()),
        _ => None,
    }
}
