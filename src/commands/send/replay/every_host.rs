//! The limit of datagrams to addresses that every host must process. It never reads a clock.

use std::time::Duration;

/// How many of them leave in one second.
const MOST: u64 = 1000;

/// Counts the datagrams of each second of a replay.
#[derive(Debug, Default)]
pub struct EveryHost {
    second: u64,
    sent: u64,
}

impl EveryHost {
    /// Whether one more datagram may leave at `due`.
    pub fn admits(&mut self, due: Duration) -> bool {
        if due.as_secs() != self.second {
            *self = EveryHost { second: due.as_secs(), sent: 0 };
        }
        self.sent += 1;
        self.sent <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_leave_in_a_second() {
        let mut limit = EveryHost::default();
        let mut admitted = |millis, datagrams| {
            (0..datagrams).filter(|_| limit.admits(Duration::from_millis(millis))).count()
        };
        assert_eq!(admitted(0, 900), 900);
        assert_eq!(admitted(999, 900), 100);
        assert_eq!(admitted(1000, 1500), 1000);
        assert_eq!(admitted(60_000, 1), 1);
    }
}
