//! The counters of UDP, by GetUdpStatisticsEx.

use std::io;

use windows_sys::Win32::NetworkManagement::IpHelper::{GetUdpStatisticsEx, MIB_UDPSTATS};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};

/// The counters of all sockets of this host, of IPv4 and IPv6 together (RFC 4113).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpCounters {
    pub received: u64,
    pub no_ports: u64,
    pub errors: u64,
}

/// The counters. A host without IPv6 has those of IPv4.
///
/// # Errors
/// The error of the system for IPv4.
pub fn udp_counters() -> io::Result<UdpCounters> {
    let v4 = read(AF_INET)?;
    let v6 = read(AF_INET6).unwrap_or_default();
    let sum = |v4: u32, v6: u32| u64::from(v4) + u64::from(v6);
    Ok(UdpCounters {
        received: sum(v4.dwInDatagrams, v6.dwInDatagrams),
        no_ports: sum(v4.dwNoPorts, v6.dwNoPorts),
        errors: sum(v4.dwInErrors, v6.dwInErrors),
    })
}

fn read(family: u16) -> io::Result<MIB_UDPSTATS> {
    let mut counters = MIB_UDPSTATS::default();
    // SAFETY: the counters are a local variable, which outlives the call.
    let result = unsafe { GetUdpStatisticsEx(&mut counters, family.into()) };
    if result == 0 { Ok(counters) } else { Err(io::Error::from_raw_os_error(result as i32)) }
}
