//! Trying again what failed.

use std::time::{Duration, Instant};

use crate::net::NetError;

/// How long after a failure to join or open again it is tried once more: an IPv6 address takes a
/// second or two to be usable (RFC 4862, 5.4).
const RETRY: Duration = Duration::from_secs(1);

/// What could not be used again: when it is tried next, and which errors were reported.
#[derive(Default)]
pub(in crate::net) struct Retry {
    at: Option<Instant>,
    reported: Vec<Option<i32>>,
}

impl Retry {
    /// When to try again.
    pub fn due(&self) -> Option<Instant> {
        self.at
    }

    /// Whether it is time.
    pub fn is_due(&self) -> bool {
        self.at.is_some_and(|at| at <= Instant::now())
    }

    /// Takes note of what failed this time, and answers with those not reported yet.
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

/// What failed: each kind of error once, and how many more were like it.
pub(in crate::net) type Failures = Vec<(NetError, usize)>;

/// Adds an error to those that are known, once for each kind.
pub(in crate::net) fn note_failure(failed: &mut Failures, error: NetError) {
    match failed
        .iter_mut()
        .find(|(known, _)| known.source.raw_os_error() == error.source.raw_os_error())
    {
        Some((_, more)) => *more += 1,
        None => failed.push((error, 0)),
    }
}
