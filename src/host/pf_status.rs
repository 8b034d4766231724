//! Whether pf is enabled, from its status in the form of each system.

use crate::units::bytes::take;

/// The field `running` of macOS' `struct pf_status` (bsd/net/pfvar.h). The counters before it have
/// become more; the 64 bytes from it on are the same since macOS 11.
pub fn enabled_on_macos(status: &[u8]) -> Option<bool> {
    let at = status.len().checked_sub(64)?;
    take(status, at).map(|running| u32::from_ne_bytes(running) != 0)
}

/// The value `running` of FreeBSD's packed nvlist (sys/contrib/libnv).
pub fn enabled_on_freebsd(status: &[u8]) -> Option<bool> {
    const MAGIC: u8 = 0x6c;
    /// The magic number, the version, the flags, the descriptors and the size.
    const LIST_HEADER: usize = 3 + 8 + 8;
    /// The type, the size of the name, the size of the data and the number of items.
    const PAIR_HEADER: usize = 1 + 2 + 8 + 8;
    const BOOL: u8 = 2;
    /// The types whose data is the bytes behind the name: null to string.
    const PLAIN: std::ops::RangeInclusive<u8> = 1..=4;
    if status.first() != Some(&MAGIC) {
        return None;
    }
    let mut rest = status.get(LIST_HEADER..)?;
    loop {
        let kind = *rest.first()?;
        let name = usize::from(take(rest, 1).map(u16::from_ne_bytes)?);
        let data = usize::try_from(take(rest, 3).map(u64::from_ne_bytes)?).ok()?;
        rest = rest.get(PAIR_HEADER..)?;
        let (found, value) = (rest.get(..name)?, rest.get(name..)?);
        if kind == BOOL && found == b"running\0" {
            return value.first().map(|value| *value != 0);
        }
        // `running` is the first value; what a list contains is not needed.
        rest = PLAIN.contains(&kind).then(|| value.get(data..))??;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macos_has_a_number() {
        for size in [432, 440] {
            let mut status = vec![0xff; size];
            status[size - 64..][..4].copy_from_slice(&0_u32.to_ne_bytes());
            assert_eq!(enabled_on_macos(&status), Some(false));
            status[size - 64..][..4].copy_from_slice(&1_u32.to_ne_bytes());
            assert_eq!(enabled_on_macos(&status), Some(true));
        }
        assert_eq!(enabled_on_macos(&[1; 63]), None);
    }

    fn pair(kind: u8, name: &str, data: &[u8]) -> Vec<u8> {
        let name = [name.as_bytes(), b"\0"].concat();
        let sizes = (name.len() as u16, data.len() as u64);
        let head = [&[kind][..], &sizes.0.to_ne_bytes(), &sizes.1.to_ne_bytes(), &[0; 8]].concat();
        [head, name, data.to_vec()].concat()
    }

    fn list(pairs: &[Vec<u8>]) -> Vec<u8> {
        let pairs = pairs.concat();
        let size = (pairs.len() as u64).to_ne_bytes();
        [&[0x6c, 0, 0][..], &[0; 8], &size, &pairs].concat()
    }

    #[test]
    fn freebsd_has_a_list() {
        let since = pair(3, "since", &7_u64.to_ne_bytes());
        for (value, enabled) in [(0, false), (1, true)] {
            let running = pair(2, "running", &[value]);
            let first = list(&[running.clone(), since.clone()]);
            let second = list(&[since.clone(), running]);
            assert_eq!(enabled_on_freebsd(&first), Some(enabled));
            assert_eq!(enabled_on_freebsd(&second), Some(enabled));
        }
    }

    #[test]
    fn a_list_without_the_value_is_unknown() {
        let running = pair(2, "running", &[1]);
        let counters = pair(5, "counters", &[]);
        let whole = list(std::slice::from_ref(&running));
        assert_eq!(enabled_on_freebsd(&list(&[counters, running.clone()])), None, "behind a list");
        assert_eq!(enabled_on_freebsd(&list(&[pair(3, "running", &[1; 8])])), None, "a number");
        assert_eq!(enabled_on_freebsd(&running), None, "no header");
        for end in 0..whole.len() {
            assert_eq!(enabled_on_freebsd(&whole[..end]), None, "cut at {end}");
        }
    }
}
