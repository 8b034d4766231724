//! What the system tells of its clock.

use super::sysctl;
use crate::sys;

/// Whether the clock follows a reference, by the kernel's own account (adjtimex(2): what NTP or PTP
/// daemons tell it).
pub fn is_synchronised() -> bool {
    sys::clock_is_synchronised()
}

/// This host while it is up: FNV-1a of the kernel's boot id, which containers share as they share
/// the clock. 0 where the system has none.
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
    fn this_host_is_the_same_twice() {
        assert_eq!(host_id(), host_id());
        assert_eq!(host_id() != 0, cfg!(target_os = "linux"));
    }
}
