//! Settings of the kernel, by sysctl(3).

use crate::iface::Family;
use crate::sys::sysctl_named;
use crate::units::bytes::take;

/// A number of 32 or 64 bits. `None` if the system does not have or show it.
pub fn number(name: &str) -> Option<u64> {
    let bytes = sysctl_named(name).ok()?;
    match bytes.len() {
        4 => u64::try_from(i32::from_ne_bytes(take(&bytes, 0)?)).ok(),
        8 => u64::try_from(i64::from_ne_bytes(take(&bytes, 0)?)).ok(),
        _ => None,
    }
}

fn text(name: &str) -> Option<String> {
    let bytes = sysctl_named(name).ok()?;
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8(bytes[..end].to_vec()).ok().filter(|text| !text.is_empty())
}

/// The maximum number of sources of a socket. Neither system has a limit of groups in a sysctl.
pub fn most_sources(family: Family) -> Option<u64> {
    number(family.pick("net.inet.ip.mcast.maxsocksrc", "net.inet6.ip6.mcast.maxsocksrc"))
}

/// The system with its version: `FreeBSD 14.1-RELEASE`, `macOS 15.1`.
pub fn system() -> Option<String> {
    if let Some(version) = text("kern.osproductversion") {
        return Some(format!("macOS {version}"));
    }
    Some(format!("{} {}", text("kern.ostype")?, text("kern.osrelease")?))
}
