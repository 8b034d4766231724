//! Retries of failed joins.

use std::time::{Duration, Instant};

use crate::net::NetError;

/// The time from a failed join or reopen to the next attempt: an IPv6 address becomes usable after
/// a second or two (RFC 4862, 5.4).
const RETRY: Duration = Duration::from_secs(1);

/// The time of the next attempt, and the reported errors.
#[derive(Default)]
pub(in crate::net) struct Retry {
    at: Option<Instant>,
    reported: Vec<Option<i32>>,
}

impl Retry {
    /// The time of the next attempt.
    pub fn due(&self) -> Option<Instant> {
        self.at
    }

    /// Whether the next attempt is due.
    pub fn is_due(&self) -> bool {
        self.at.is_some_and(|at| at <= Instant::now())
    }

    /// Notes the failures of an attempt, and returns those not reported yet.
    pub fn after(&mut self, failed: Failures) -> Failures {
        if failed.is_empty() {
            *self = Retry::default();
            return failed;
        }
        self.at = Some(Instant::now() + RETRY);
        let number = |(error, _): &(NetError, usize)| error.source.raw_os_error();
        let unreported: Failures = failed
            .into_iter()
            .filter(|failure| !self.reported.contains(&number(failure)))
            .collect();
        self.reported.extend(unreported.iter().map(number));
        unreported
    }
}

/// The failures: each kind of error once, with the number of similar ones.
pub(in crate::net) type Failures = Vec<(NetError, usize)>;

/// Adds an error to the failures, or counts it if its kind is known.
pub(in crate::net) fn note_failure(failed: &mut Failures, error: NetError) {
    match failed
        .iter_mut()
        .find(|(known, _)| known.source.raw_os_error() == error.source.raw_os_error())
    {
        Some((_, more)) => *more += 1,
        None => failed.push((error, 0)),
    }
}
