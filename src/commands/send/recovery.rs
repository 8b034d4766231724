//! Decides what to do with a message that the system refused. A message is one datagram, or a
//! train of datagrams that the kernel takes in one piece.

use std::time::{Duration, Instant};

/// The longest wait for queue space before the datagrams of a train are sent one by one.
const MAX_TRAIN_WAIT: Duration = Duration::from_millis(20);

/// How to continue after a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Wait for queue space, at most until this time, and send the message again.
    Retry { until: Instant },
    /// Send the datagrams of the train again, one by one.
    WithoutTrains,
    /// Count the datagrams as errors and continue with the next message.
    GiveUp,
}

/// How the system refused a message.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// How many datagrams the message holds.
    pub datagrams: usize,
    /// The queues were full: a later attempt can succeed.
    pub full: bool,
    /// The socket has not given up waiting for queue space.
    pub may_wait: bool,
    /// When the message was refused for the first time.
    pub since: Instant,
}

impl Refusal {
    /// Decides what to do at `now`. A single datagram waits at most `max_wait`.
    pub fn recovery(&self, now: Instant, max_wait: Duration) -> Recovery {
        let is_train = self.datagrams > 1;
        let until = self.since + if is_train { MAX_TRAIN_WAIT } else { max_wait };
        if !self.full || !self.may_wait {
            Recovery::GiveUp
        } else if now < until {
            Recovery::Retry { until }
        } else if is_train {
            // One datagram may fit if a train does not.
            Recovery::WithoutTrains
        } else {
            Recovery::GiveUp
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_WAIT: Duration = Duration::from_secs(1);
    const LONG_AFTER: Duration = Duration::from_secs(60);

    /// The recovery of a message of `datagrams` that found full queues for the first time `ago`.
    fn recovery(datagrams: usize, ago: Duration, may_wait: bool) -> (Recovery, Instant) {
        let since = Instant::now();
        let refusal = Refusal { datagrams, full: true, may_wait, since };
        (refusal.recovery(since + ago, MAX_WAIT), since)
    }

    #[test]
    fn a_datagram_waits_up_to_the_limit() {
        let just_before = MAX_WAIT - Duration::from_nanos(1);
        for ago in [Duration::ZERO, just_before] {
            let (recovery, since) = recovery(1, ago, true);
            assert_eq!(recovery, Recovery::Retry { until: since + MAX_WAIT });
        }
        for ago in [MAX_WAIT, LONG_AFTER] {
            assert_eq!(recovery(1, ago, true).0, Recovery::GiveUp);
        }
    }

    #[test]
    fn a_train_waits_for_less_time_and_is_then_split() {
        let just_before = MAX_TRAIN_WAIT - Duration::from_nanos(1);
        for ago in [Duration::ZERO, just_before] {
            let (recovery, since) = recovery(2, ago, true);
            assert_eq!(recovery, Recovery::Retry { until: since + MAX_TRAIN_WAIT });
        }
        for ago in [MAX_TRAIN_WAIT, LONG_AFTER] {
            assert_eq!(recovery(2, ago, true).0, Recovery::WithoutTrains);
        }
    }

    #[test]
    fn a_socket_that_gave_up_waiting_neither_waits_nor_splits() {
        for datagrams in [1, 128] {
            for ago in [Duration::ZERO, LONG_AFTER] {
                assert_eq!(recovery(datagrams, ago, false).0, Recovery::GiveUp);
            }
        }
    }

    #[test]
    fn an_error_other_than_full_queues_is_final() {
        let since = Instant::now();
        for datagrams in [1, 2] {
            for ago in [Duration::ZERO, LONG_AFTER] {
                let refusal = Refusal { datagrams, full: false, may_wait: true, since };
                assert_eq!(refusal.recovery(since + ago, MAX_WAIT), Recovery::GiveUp);
            }
        }
    }
}
