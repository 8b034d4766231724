//! What a run proved: the reasons against it, and the exit status.

mod assertion;
mod value;

pub use assertion::{Assertion, Judgement, Metric, Statistic};
pub use value::Value;

use serde::Serialize;

use crate::plan::Limits;
use crate::run::{Ended, RunError, Stop};

/// What a run proved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The exit status: 0, 1, 2, 130 or 143.
    pub status: u8,
    /// Why it is not 0, a sentence each.
    pub reasons: Vec<String>,
}

/// The exit status of what could not run: usage, no such interface, join or bind refused.
pub const COULD_NOT_RUN: u8 = 2;

impl Verdict {
    /// The verdict on what could not go on.
    pub fn could_not(error: &RunError) -> Self {
        Verdict { status: COULD_NOT_RUN, reasons: vec![error.to_string()] }
    }

    fn fail(&mut self, status: u8, reason: String) {
        self.status = self.status.max(status);
        self.reasons.push(reason);
    }
}

/// Judges a receiver: why it stopped, what it was asked for, what it got, and how its COMMAND ended.
pub fn of_recv(stop: Stop, limits: &Limits, received: u64, command: Option<&Ended>) -> Verdict {
    let mut verdict = Verdict::default();
    if let Some(Ended::Failed(how)) = command {
        verdict.fail(1, how.clone());
    }
    match (limits.count, stop) {
        (_, Stop::ReaderGone | Stop::Failed) => {}
        (Some(count), Stop::Interrupted(signal)) if received < count => {
            verdict.fail(signal.status(), format!("{} after {received} of {count} datagrams", signal.name()));
        }
        (Some(count), _) if received < count => {
            verdict.fail(1, format!("{received} of {count} datagrams {}", before(stop, limits)));
        }
        (None, Stop::Interrupted(_)) => {}
        (None, _) if received == 0 && limits.timeout.is_some() => {
            verdict.fail(1, format!("nothing received {}", before(stop, limits)));
        }
        _ => {}
    }
    verdict
}

/// What came first, as the end of a sentence.
fn before(stop: Stop, limits: &Limits) -> String {
    let option = |name: &str, time: Option<std::time::Duration>| format!("within {name} {:?}", time.unwrap_or_default());
    match stop {
        Stop::Timeout => option("--timeout", limits.timeout),
        Stop::Duration => option("--duration", limits.duration),
        Stop::Idle => format!("before a silence of --idle {:?}", limits.idle.unwrap_or_default()),
        Stop::Command => "before COMMAND ended".to_owned(),
        Stop::Count | Stop::Interrupted(_) | Stop::ReaderGone | Stop::Failed => "received".to_owned(),
    }
}

/// Judges a sender: how many rounds it made of how many, how many datagrams could not be sent, and the signal that ended it.
pub fn of_send(rounds: u64, count: Option<u64>, errors: u64, stop: Stop) -> Verdict {
    let mut verdict = Verdict::default();
    match (stop, count) {
        (Stop::Interrupted(signal), Some(count)) if rounds < count => {
            verdict.fail(signal.status(), format!("{} after {rounds} of {count} datagrams", signal.name()));
        }
        _ => {}
    }
    if errors > 0 {
        let plural = if errors == 1 { "" } else { "s" };
        verdict.fail(1, format!("{errors} datagram{plural} could not be sent"));
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interrupt::Signal;
    use std::time::Duration;

    fn recv(stop: Stop, count: Option<u64>, timeout: bool, received: u64) -> u8 {
        let limits = Limits { count, timeout: timeout.then_some(Duration::from_secs(5)), ..Limits::default() };
        of_recv(stop, &limits, received, None).status
    }

    #[test]
    fn a_receiver_that_got_what_was_asked_succeeds() {
        assert_eq!(recv(Stop::Count, Some(3), true, 3), 0);
        assert_eq!(recv(Stop::Duration, None, false, 0), 0);
        assert_eq!(recv(Stop::Command, None, false, 0), 0);
    }

    #[test]
    fn too_few_is_a_no_whatever_ended_it() {
        for stop in [Stop::Timeout, Stop::Duration, Stop::Idle, Stop::Command] {
            assert_eq!(recv(stop, Some(3), true, 2), 1, "{stop:?}");
        }
        for stop in [Stop::Timeout, Stop::Command] {
            assert_eq!(recv(stop, None, true, 0), 1, "{stop:?}");
        }
    }

    #[test]
    fn a_signal_matters_only_where_a_count_was_asked() {
        let int = Stop::Interrupted(Signal::Interrupt);
        assert_eq!(recv(int, Some(3), false, 2), 130);
        assert_eq!(recv(Stop::Interrupted(Signal::Terminate), Some(3), false, 2), 143);
        assert_eq!(recv(int, None, true, 0), 0);
        assert_eq!(of_send(2, Some(3), 0, int).status, 130);
        assert_eq!(of_send(2, None, 0, int).status, 0);
        assert_eq!(of_send(2, None, 1, int).status, 1);
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        assert_eq!(recv(Stop::ReaderGone, Some(3), true, 1), 0);
    }

    #[test]
    fn a_failed_command_is_a_failure_of_its_own() {
        let failed = Ended::Failed("'false' ended with exit status 1".to_owned());
        let verdict = of_recv(Stop::Count, &Limits { count: Some(1), ..Limits::default() }, 1, Some(&failed));
        assert_eq!((verdict.status, verdict.reasons.as_slice()), (1, ["'false' ended with exit status 1".to_owned()].as_slice()));
        let verdict = of_recv(Stop::Command, &Limits::default(), 1, Some(&Ended::Stopped));
        assert_eq!(verdict.status, 0);
    }

    #[test]
    fn the_reason_says_how_many_and_how_long() {
        let limits = Limits { count: Some(10), timeout: Some(Duration::from_millis(1500)), ..Limits::default() };
        let verdict = of_recv(Stop::Timeout, &limits, 3, None);
        assert_eq!(verdict.reasons, ["3 of 10 datagrams within --timeout 1.5s"]);
    }
}
