//! The system's clock.

use super::sysctl;
use crate::sys;
use crate::units::hash;

/// Whether the clock follows a reference, such as an NTP or PTP daemon, according to the kernel
/// (adjtimex(2)).
pub fn is_synchronised() -> bool {
    sys::clock_is_synchronised()
}

/// The host until its next boot: FNV-1a of the kernel's boot id, which containers share, as they
/// share the clock. 0 if the system has none.
pub fn host_id() -> u64 {
    sysctl::read(["kernel", "random", "boot_id"])
        .map_or(0, |id: String| hash(&[id.as_bytes()]).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_id_is_stable() {
        assert_eq!(host_id(), host_id());
        assert_eq!(host_id() != 0, cfg!(target_os = "linux"));
    }
}
