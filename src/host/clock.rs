//! The system's clock.

use super::sysctl;
use crate::sys;

/// Whether the clock follows a reference, such as an NTP or PTP daemon, according to the kernel
/// (adjtimex(2)).
pub fn is_synchronised() -> bool {
    sys::clock_is_synchronised()
}

/// The host until its next boot: FNV-1a of the kernel's boot id, which containers share, as they
/// share the clock. 0 if the system has none.
pub fn host_id() -> u64 {
    sysctl::read(["kernel", "random", "boot_id"]).map_or(0, |id: String| hash(id.as_bytes()))
}

fn hash(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(
            (hash(b""), hash(b"a"), hash(b"foobar")),
            (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8)
        );
    }

    #[test]
    fn the_host_id_is_stable() {
        assert_eq!(host_id(), host_id());
        assert_eq!(host_id() != 0, cfg!(target_os = "linux"));
    }
}
