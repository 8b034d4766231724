//! The network adapters, by GetAdaptersAddresses.

use std::io;

use windows_sys::Win32::Foundation::{
    ERROR_ADDRESS_NOT_ASSOCIATED, ERROR_BUFFER_OVERFLOW, ERROR_NO_DATA, NO_ERROR,
};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_DNS_SERVER, GetAdaptersAddresses,
    IP_ADAPTER_ADDRESSES_LH as Entry, IP_ADAPTER_MULTICAST_ADDRESS_XP as Group,
    IP_ADAPTER_NO_MULTICAST, IP_ADAPTER_UNICAST_ADDRESS_LH as Unicast,
};
use windows_sys::Win32::NetworkManagement::Ndis::IfOperStatusUp;
use windows_sys::Win32::Networking::WinSock::{
    AF_UNSPEC, IpDadStateDuplicate, IpDadStateTentative,
};

use super::block::Block;
use crate::sys::adapter::{Adapter, AdapterAddress, one_per_name};

/// The network adapters of this host that are enabled, in the order of the system.
///
/// # Errors
/// The error of the system.
pub fn adapters() -> io::Result<Vec<Adapter>> {
    const FLAGS: u32 = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_DNS_SERVER;
    // Aligned to 8 bytes. The system recommends to begin with 15 KB.
    let mut buffer = vec![0_u64; 2048];
    for _ in 0..4 {
        let mut len = u32::try_from(buffer.len() * 8).map_err(io::Error::other)?;
        // SAFETY: `buffer` is writable for `len` bytes and outlives the call; the entry's alignment
        // of 8 is that of u64.
        let result = unsafe {
            GetAdaptersAddresses(
                u32::from(AF_UNSPEC),
                FLAGS,
                std::ptr::null(),
                buffer.as_mut_ptr().cast(),
                &mut len,
            )
        };
        match result {
            NO_ERROR => return Ok(one_per_name(read(&Block::new(&buffer)))),
            ERROR_NO_DATA | ERROR_ADDRESS_NOT_ASSOCIATED => return Ok(Vec::new()),
            // An adapter may appear between two calls.
            ERROR_BUFFER_OVERFLOW => buffer = vec![0; (len as usize).div_ceil(8) + 512],
            error => return Err(io::Error::from_raw_os_error(error as i32)),
        }
    }
    Err(io::ErrorKind::OutOfMemory.into())
}

fn read(block: &Block) -> Vec<Adapter> {
    let entries = block.list(block.start(), |entry: &Entry| entry.Next.cast());
    entries.iter().map(|entry| adapter(block, entry)).collect()
}

fn adapter(block: &Block, entry: &Entry) -> Adapter {
    // SAFETY: all bits of both members of the unions are integers, and valid.
    let (index_v4, flags) = unsafe { (entry.Anonymous1.Anonymous.IfIndex, entry.Anonymous2.Flags) };
    let is_eui48 = entry.PhysicalAddressLength == 6;
    let [a, b, c, d, e, f, ..] = entry.PhysicalAddress;
    let mac = Some([a, b, c, d, e, f]).filter(|mac| is_eui48 && *mac != [0; 6]);
    let unicast = block.list(entry.FirstUnicastAddress.cast(), |found: &Unicast| found.Next.cast());
    let groups = block.list(entry.FirstMulticastAddress.cast(), |found: &Group| found.Next.cast());
    Adapter {
        name: block.wide(entry.FriendlyName),
        description: block.wide(entry.Description),
        index_v4,
        index_v6: entry.Ipv6IfIndex,
        kind: entry.IfType,
        is_up: entry.OperStatus == IfOperStatusUp,
        no_multicast: flags & IP_ADAPTER_NO_MULTICAST != 0,
        mac,
        // The loopback interface has 0xffff_ffff.
        mtu: Some(entry.Mtu).filter(|mtu| *mtu != 0 && *mtu != u32::MAX),
        speed: Some(entry.TransmitLinkSpeed).filter(|speed| *speed != 0 && *speed != u64::MAX),
        addresses: unicast.iter().filter_map(|found| address(block, found)).collect(),
        groups: groups.iter().filter_map(|found| block.ip(&found.Address)).collect(),
    }
}

fn address(block: &Block, found: &Unicast) -> Option<AdapterAddress> {
    Some(AdapterAddress {
        ip: block.ip(&found.Address)?,
        prefix: found.OnLinkPrefixLength,
        is_tentative: found.DadState == IpDadStateTentative,
        is_duplicate: found.DadState == IpDadStateDuplicate,
    })
}
