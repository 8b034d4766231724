//! A block of memory that the system filled: structures that point at each other.

use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use windows_sys::Win32::NetworkManagement::IpHelper::{
    IP_ADAPTER_ADDRESSES_LH, IP_ADAPTER_MULTICAST_ADDRESS_XP, IP_ADAPTER_UNICAST_ADDRESS_LH,
};
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, SOCKADDR_IN, SOCKADDR_IN6, SOCKET_ADDRESS,
};

/// Structures of integers and raw pointers: all bits are valid.
///
/// # Safety
/// The type must consist of nothing else.
pub unsafe trait Plain: Copy {}

// SAFETY: integers, pointers, and unions and structures of them.
unsafe impl Plain for IP_ADAPTER_ADDRESSES_LH {}
// SAFETY: as above.
unsafe impl Plain for IP_ADAPTER_UNICAST_ADDRESS_LH {}
// SAFETY: as above.
unsafe impl Plain for IP_ADAPTER_MULTICAST_ADDRESS_XP {}
// SAFETY: as above.
unsafe impl Plain for SOCKADDR_IN {}
// SAFETY: as above.
unsafe impl Plain for SOCKADDR_IN6 {}
// SAFETY: an integer.
unsafe impl Plain for u16 {}

/// A block that is read by pointers into it. Each read is checked against its bounds: a pointer to
/// any other place yields nothing.
pub struct Block<'a> {
    start: *const u8,
    len: usize,
    memory: PhantomData<&'a [u64]>,
}

impl<'a> Block<'a> {
    pub fn new(memory: &'a [u64]) -> Self {
        Block { start: memory.as_ptr().cast(), len: size_of_val(memory), memory: PhantomData }
    }

    pub fn start(&self) -> *const u8 {
        self.start
    }

    /// The structure at `pointer`.
    pub fn read<T: Plain>(&self, pointer: *const u8) -> Option<T> {
        let offset = (pointer as usize).checked_sub(self.start as usize)?;
        if offset.checked_add(size_of::<T>())? > self.len {
            return None;
        }
        // SAFETY: the bytes from `offset` on lie in the borrowed memory, and `T` is valid for all
        // bits; the read needs no alignment.
        Some(unsafe { self.start.add(offset).cast::<T>().read_unaligned() })
    }

    /// A linked list, from the structure at `first` on. A block holds no more structures than fit
    /// one behind another: a list that returns to itself ends there.
    pub fn list<T: Plain>(&self, first: *const u8, next: impl Fn(&T) -> *const u8) -> Vec<T> {
        let mut found = Vec::new();
        let mut at = first;
        while let Some(entry) = self.read::<T>(at) {
            at = next(&entry);
            found.push(entry);
            if found.len() > self.len / size_of::<T>() {
                break;
            }
        }
        found
    }

    /// A text that ends with a zero.
    pub fn wide(&self, text: *const u16) -> String {
        let at = |position: usize| self.read::<u16>(text.wrapping_add(position).cast());
        let units: Vec<u16> = (0..).map_while(at).take_while(|unit| *unit != 0).collect();
        String::from_utf16_lossy(&units)
    }

    /// An IP address.
    pub fn ip(&self, address: &SOCKET_ADDRESS) -> Option<IpAddr> {
        let at = address.lpSockaddr.cast_const().cast::<u8>();
        match self.read::<u16>(at)? {
            AF_INET => {
                let found: SOCKADDR_IN = self.read(at)?;
                // SAFETY: all bits of the union are an integer, and valid.
                let bits = unsafe { found.sin_addr.S_un.S_addr };
                Some(Ipv4Addr::from(bits.to_ne_bytes()).into())
            }
            AF_INET6 => {
                let found: SOCKADDR_IN6 = self.read(at)?;
                // SAFETY: all bits of the union are bytes, and valid.
                let bytes = unsafe { found.sin6_addr.u.Byte };
                Some(Ipv6Addr::from(bytes).into())
            }
            _ => None,
        }
    }
}
