//! The reasons against a run, and its exit status.

use std::fmt::Display;

use serde::Serialize;

use super::{Ended, Limits, Stop};
use crate::assertion::Judgement;
use crate::stats::stream::StreamCounts;
use crate::sys::Signal;
use crate::units::words;

/// What a run proved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The exit status: 0, 1, 2, 129, 130 or 143.
    pub status: u8,
    /// Why it is not 0, a sentence each.
    pub reasons: Vec<String>,
}

/// The exit status of what could not run: usage, no such interface, join or bind refused.
pub const COULD_NOT_RUN: u8 = 2;

impl Verdict {
    /// The verdict on what could not run, or could not go on.
    pub fn could_not(error: &impl Display) -> Self {
        Verdict { status: COULD_NOT_RUN, reasons: vec![error.to_string()] }
    }

    fn fail(&mut self, status: u8, reason: String) {
        self.status = self.status.max(status);
        self.reasons.push(reason);
    }
}

/// What a receiver is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Why it stopped.
    pub stop: Stop,
    /// What it was asked for.
    pub limits: &'a Limits,
    /// How many datagrams it got.
    pub received: u64,
    /// The measured streams that it heard.
    pub streams: StreamCounts,
    /// How its COMMAND ended.
    pub command: Option<&'a Ended>,
    /// What became of its assertions.
    pub judgements: &'a [Judgement],
}

/// Judges a receiver.
pub fn of_recv(evidence: &Evidence) -> Verdict {
    let mut verdict = Verdict::default();
    if let Some(Ended::Failed(how)) = evidence.command {
        verdict.fail(1, how.clone());
    }
    if let Some(reason) = shortfall(evidence) {
        let status =
            if let Stop::Interrupted(signal) = evidence.stop { signal.status() } else { 1 };
        verdict.fail(status, reason);
    } else {
        hung_up(evidence.stop, &mut verdict);
    }
    // Who stopped reading did not wait for the rest, of which nothing can be asserted then.
    let judged = if evidence.stop == Stop::ReaderGone { &[] } else { evidence.judgements };
    judged
        .iter()
        .filter(|judgement| !judgement.held)
        .for_each(|judgement| verdict.fail(1, judgement.reason()));
    verdict
}

/// A user ends an endless run with Ctrl-C or SIGTERM. A hangup is no such wish: the terminal went.
fn hung_up(stop: Stop, verdict: &mut Verdict) {
    if stop == Stop::Interrupted(Signal::Hangup) {
        verdict.fail(Signal::Hangup.status(), "SIGHUP: the terminal has gone".to_owned());
    }
}

/// What a receiver was asked for and did not get.
fn shortfall(evidence: &Evidence) -> Option<String> {
    let Evidence { stop, limits, received, streams, .. } = *evidence;
    if matches!(stop, Stop::ReaderGone | Stop::Failed) {
        return None;
    }
    let interrupted = if let Stop::Interrupted(signal) = stop { Some(signal.name()) } else { None };
    let before = before(stop, limits);
    if let Some(count) = limits.count.filter(|count| received < *count) {
        return Some(match interrupted {
            Some(signal) => format!("{signal} after {received} of {count} datagrams"),
            None => format!("{received} of {count} datagrams {before}"),
        });
    }
    // Who got as many as were asked for no longer waits for ends.
    let once = limits.once && stop != Stop::Count;
    let unended = once && (streams.streams == 0 || streams.open > 0);
    match interrupted {
        Some(signal) => unended.then(|| format!("{signal} {}", unended_when(streams))),
        None if once => stream_shortfall(received, streams, &before),
        None => {
            let waited = limits.timeout.is_some() && !limits.once && limits.count.is_none();
            (received == 0 && waited).then(|| format!("nothing received {before}"))
        }
    }
}

/// How far `--once` was when a signal came.
fn unended_when(StreamCounts { streams, open, .. }: StreamCounts) -> String {
    match streams {
        0 => "before any measured stream was heard".to_owned(),
        _ => format!("when {open} of {streams} measured streams had not ended"),
    }
}

/// What `--once` asked for and did not come.
fn stream_shortfall(received: u64, counts: StreamCounts, before: &str) -> Option<String> {
    let StreamCounts { streams, open, empty, more } = counts;
    if streams == 0 {
        let others = match received {
            0 => String::new(),
            1 => "; the one datagram that came is not measured, as those of 'mcast send --probe' \
                  are"
            .to_owned(),
            many => format!(
                "; the {many} datagrams that came are not measured, as those of 'mcast send \
                 --probe' are"
            ),
        };
        return Some(format!("no measured stream was heard {before}{others}"));
    }
    if open > 0 {
        return Some(format!("{open} of {streams} measured streams had not ended {before}"));
    }
    if more {
        return Some(format!(
            "only {streams} measured streams were followed, and whether the others ended is not \
             known"
        ));
    }
    (empty > 0).then(|| {
        format!(
            "of {empty} of {streams} measured streams only the end arrived, and no datagram before \
             it"
        )
    })
}

/// What came first, as the end of a sentence.
fn before(stop: Stop, limits: &Limits) -> String {
    let option = |name: &str, time: Option<std::time::Duration>| {
        format!("within {name} {:?}", time.unwrap_or_default())
    };
    match stop {
        Stop::Timeout => option("--timeout", limits.timeout),
        Stop::Duration => option("--duration", limits.duration),
        Stop::Idle => format!("before a silence of --idle {:?}", limits.idle.unwrap_or_default()),
        Stop::Command => "before COMMAND ended".to_owned(),
        Stop::Once | Stop::Count | Stop::Interrupted(_) | Stop::ReaderGone | Stop::Failed => {
            "received".to_owned()
        }
    }
}

/// Judges a sender: how many rounds it made of how many, how many datagrams could not be sent, and
/// the signal that ended it.
pub fn of_send(rounds: u64, count: Option<u64>, errors: u64, stop: Stop) -> Verdict {
    let mut verdict = Verdict::default();
    match (stop, count) {
        (Stop::Interrupted(signal), Some(count)) if rounds < count => {
            verdict.fail(
                signal.status(),
                format!("{} after {rounds} of {count} datagrams", signal.name()),
            );
        }
        _ => hung_up(stop, &mut verdict),
    }
    if errors > 0 {
        verdict.fail(1, format!("{} could not be sent", words::count(errors, "datagram")));
    }
    verdict
}

/// Judges a list of interfaces.
pub fn of_list(stop: Stop) -> Verdict {
    let mut verdict = Verdict::default();
    if let Stop::Interrupted(signal) = stop {
        verdict.fail(signal.status(), format!("{} before the end of the list", signal.name()));
    }
    verdict
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::assertion::{Assertion, Metric, Value};

    fn evidence(stop: Stop, limits: &Limits, received: u64) -> Evidence<'_> {
        Evidence {
            stop,
            limits,
            received,
            streams: StreamCounts::default(),
            command: None,
            judgements: &[],
        }
    }

    fn recv(stop: Stop, count: Option<u64>, timeout: bool, received: u64) -> u8 {
        let limits = Limits {
            count,
            timeout: timeout.then_some(Duration::from_secs(5)),
            ..Limits::default()
        };
        of_recv(&evidence(stop, &limits, received)).status
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
    fn a_hangup_is_never_the_end_that_was_asked_for() {
        let hangup = Stop::Interrupted(Signal::Hangup);
        for count in [None, Some(3)] {
            assert_eq!(recv(hangup, count, false, 2), 129);
            assert_eq!(of_send(2, count, 0, hangup).status, 129);
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        assert_eq!(recv(Stop::ReaderGone, Some(3), true, 1), 0);
    }

    #[test]
    fn a_failed_command_is_a_failure_of_its_own() {
        let failed = Ended::Failed("'false' ended with exit status 1".to_owned());
        let limits = Limits { count: Some(1), ..Limits::default() };
        let verdict =
            of_recv(&Evidence { command: Some(&failed), ..evidence(Stop::Count, &limits, 1) });
        assert_eq!(
            (verdict.status, verdict.reasons.as_slice()),
            (1, ["'false' ended with exit status 1".to_owned()].as_slice())
        );
        let limits = Limits::default();
        let verdict = of_recv(&Evidence {
            command: Some(&Ended::Stopped),
            ..evidence(Stop::Command, &limits, 1)
        });
        assert_eq!(verdict.status, 0);
    }

    #[test]
    fn streams_that_were_to_end_and_did_not_are_a_no() {
        let limits =
            Limits { once: true, timeout: Some(Duration::from_secs(5)), ..Limits::default() };
        let judge = |stop, (streams, open)| {
            let streams = StreamCounts { streams, open, ..StreamCounts::default() };
            of_recv(&Evidence { streams, ..evidence(stop, &limits, 9) })
        };
        assert_eq!(judge(Stop::Once, (2, 0)).status, 0);
        let verdict = judge(Stop::Timeout, (2, 1));
        assert_eq!(
            (verdict.status, verdict.reasons),
            (1, vec!["1 of 2 measured streams had not ended within --timeout 5s".to_owned()])
        );
        let silent = StreamCounts { streams: 2, empty: 1, ..StreamCounts::default() };
        let verdict = of_recv(&Evidence { streams: silent, ..evidence(Stop::Once, &limits, 10) });
        assert_eq!(
            verdict.reasons,
            ["of 1 of 2 measured streams only the end arrived, and no datagram before it"]
        );
        assert_eq!(
            of_recv(&Evidence { streams: silent, ..evidence(Stop::Count, &limits, 10) }).status,
            0
        );
        let crowd = StreamCounts { streams: 9, more: true, ..StreamCounts::default() };
        let verdict = of_recv(&Evidence { streams: crowd, ..evidence(Stop::Once, &limits, 10) });
        assert_eq!(
            verdict.reasons,
            ["only 9 measured streams were followed, and whether the others ended is not known"]
        );
        let unheard = of_recv(&evidence(Stop::Timeout, &limits, 0));
        assert_eq!(unheard.reasons, ["no measured stream was heard within --timeout 5s"]);
        assert!(
            judge(Stop::Timeout, (0, 0)).reasons[0]
                .contains("the 9 datagrams that came are not measured")
        );
        let int = Stop::Interrupted(Signal::Interrupt);
        assert_eq!(
            judge(int, (1, 1)).reasons,
            ["SIGINT when 1 of 1 measured streams had not ended"]
        );
        assert_eq!((judge(int, (1, 1)).status, judge(int, (1, 0)).status), (130, 0));
    }

    #[test]
    fn an_assertion_that_did_not_hold_is_a_no_however_it_ended() {
        let limits = Limits::default();
        let judgements = ["datagrams == 3", "loss == 0%"].map(|expr| {
            expr.parse::<Assertion>()
                .unwrap()
                .judge(|metric| (metric == Metric::Datagrams).then_some(Value::Count(3)))
        });
        for stop in [Stop::Duration, Stop::Interrupted(Signal::Interrupt), Stop::Command] {
            let verdict =
                of_recv(&Evidence { judgements: &judgements, ..evidence(stop, &limits, 3) });
            assert_eq!((verdict.status, verdict.reasons.len()), (1, 1), "{:?}", verdict.reasons);
            assert!(verdict.reasons[0].contains("loss == 0%"), "{:?}", verdict.reasons);
        }
    }

    #[test]
    fn the_reason_says_how_many_and_how_long() {
        let limits = Limits {
            count: Some(10),
            timeout: Some(Duration::from_millis(1500)),
            ..Limits::default()
        };
        let verdict = of_recv(&evidence(Stop::Timeout, &limits, 3));
        assert_eq!(verdict.reasons, ["3 of 10 datagrams within --timeout 1.5s"]);
    }
}
