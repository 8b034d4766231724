//! The carrier of an interface from its media (`struct ifmediareq`, net/if.h of macOS and FreeBSD).

use crate::units::bytes::take;

/// The position of ifm_status, behind the name and two numbers.
const STATUS: usize = 16 + 2 * 4;

/// IFM_AVALID: the driver reports whether the link is active.
const VALID: u32 = 1;

/// IFM_ACTIVE.
const ACTIVE: u32 = 2;

/// `None` if the driver does not report it.
pub fn carrier(request: &[u8]) -> Option<bool> {
    let status = take(request, STATUS).map(u32::from_ne_bytes)?;
    (status & VALID != 0).then_some(status & ACTIVE != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request of macOS for `en0`: the name, then ifm_current, ifm_mask, ifm_status, ifm_active,
    /// ifm_count and a pointer.
    fn request(status: u32) -> Vec<u8> {
        let mut bytes = b"en0".to_vec();
        bytes.resize(16, 0);
        for number in [0x20, 0, status, 0x30, 0] {
            bytes.extend(u32::to_ne_bytes(number));
        }
        bytes.resize(44, 0);
        bytes
    }

    #[test]
    fn only_a_valid_status_is_a_carrier() {
        let carriers = [3, 1, 2, 0].map(|status| carrier(&request(status)));
        assert_eq!(carriers, [Some(true), Some(false), None, None]);
        assert_eq!(carrier(&request(3)[..27]), None, "cut short");
    }
}
