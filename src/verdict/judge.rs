//! The reasons against a run, and its exit status.

use std::fmt::Display;
use std::time::Duration;

use serde::Serialize;

use super::{Ended, Limits, Stop};
use crate::assertion::Judgement;
use crate::stats::stream::StreamCounts;
use crate::sys::Signal;
use crate::units::words;

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The exit status: 0, 1, 2, 129, 130 or 143.
    pub status: u8,
    /// The reasons for another status than 0, a sentence each.
    pub reasons: Vec<String>,
}

/// The exit status of a command that could not run: wrong usage, an unknown interface, a refused
/// join or bind.
pub const COULD_NOT_RUN: u8 = 2;

impl Verdict {
    /// The verdict on a command that could not run or continue.
    pub fn could_not(error: &impl Display) -> Self {
        Verdict { status: COULD_NOT_RUN, reasons: vec![error.to_string()] }
    }

    /// The same verdict with one more reason for exit status 1.
    pub fn with_failure(mut self, reason: String) -> Self {
        self.fail(1, reason);
        self
    }

    pub(super) fn fail(&mut self, status: u8, reason: String) {
        self.status = self.status.max(status);
        self.reasons.push(reason);
    }
}

/// The facts that the verdict on a receiver depends on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The reason to stop.
    pub stop: Stop,
    /// The limits of the run.
    pub limits: &'a Limits,
    /// How many datagrams arrived.
    pub received: u64,
    /// The measured streams that arrived.
    pub streams: StreamCounts,
    /// The end of COMMAND, if there was one.
    pub command: Option<&'a Ended>,
    /// Why the recording ended before the run, as a sentence.
    pub recording: Option<&'a str>,
    /// The results of the assertions.
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
    if let Some(reason) = evidence.recording {
        verdict.fail(1, reason.to_owned());
    }
    // The reader of the output stopped the run early, before the assertions could hold.
    let judged = if evidence.stop == Stop::ReaderGone { &[] } else { evidence.judgements };
    judged
        .iter()
        .filter(|judgement| !judgement.held)
        .for_each(|judgement| verdict.fail(1, judgement.reason()));
    verdict
}

/// Judges a receiver that read a capture. `expects_nothing` is whether an assertion expects no
/// datagrams; `damage` is the reason why the capture could not be read to its end.
pub fn of_capture(evidence: &Evidence, expects_nothing: bool, damage: Option<String>) -> Verdict {
    let mut verdict = of_recv(evidence);
    let is_over = !matches!(evidence.stop, Stop::Interrupted(_) | Stop::ReaderGone | Stop::Failed);
    if let Some(damage) = damage {
        verdict.fail(1, damage);
    } else if is_over && evidence.received == 0 && !expects_nothing {
        verdict.fail(1, "no datagrams were selected from the capture".to_owned());
    }
    verdict
}

/// Ctrl-C and SIGTERM are the normal end of a run without limits. A hangup is a failure.
fn hung_up(stop: Stop, verdict: &mut Verdict) {
    if stop == Stop::Interrupted(Signal::Hangup) {
        verdict.fail(Signal::Hangup.status(), "stopped by SIGHUP: the terminal closed".to_owned());
    }
}

/// The limits that the run did not reach.
fn shortfall(evidence: &Evidence) -> Option<String> {
    let Evidence { stop, limits, received, streams, .. } = *evidence;
    if matches!(stop, Stop::ReaderGone | Stop::Failed) {
        return None;
    }
    let interrupted = if let Stop::Interrupted(signal) = stop { Some(signal.name()) } else { None };
    let before = before(stop, limits);
    if let Some(count) = limits.count.filter(|count| received < *count) {
        return Some(match interrupted {
            Some(signal) => format!("stopped by {signal} after {received} of {count} datagrams"),
            None => format!("received {received} of {count} datagrams {before}"),
        });
    }
    // A receiver with all datagrams of --count does not wait for the ends of streams.
    let once = limits.once && stop != Stop::Count;
    let is_open = once && (streams.streams == 0 || streams.open > 0);
    match interrupted {
        Some(signal) => is_open.then(|| format!("stopped by {signal} {}", unended(streams))),
        None if once => stream_shortfall(received, streams, &before),
        None => {
            let waited = limits.timeout.is_some() && !limits.once && limits.count.is_none();
            (received == 0 && waited).then(|| format!("no datagrams arrived {before}"))
        }
    }
}

/// The state of `--once` at a signal, as the end of a sentence.
fn unended(StreamCounts { streams, open, .. }: StreamCounts) -> String {
    match streams {
        0 => "before a measured stream arrived".to_owned(),
        _ => format!("before {} ended", some_of(open, streams)),
    }
}

/// The condition of `--once` that was not met.
fn stream_shortfall(received: u64, counts: StreamCounts, before: &str) -> Option<String> {
    let StreamCounts { streams, open, empty, more } = counts;
    if streams == 0 {
        let others = match received {
            0 => "",
            1 => "; mcast recognises no stream in the received datagram",
            _ => "; mcast recognises no stream in the received datagrams",
        };
        return Some(format!("no measured stream arrived {before}{others}"));
    }
    if open > 0 {
        return Some(format!("{} did not end {before}", some_of(open, streams)));
    }
    if more {
        let all = words::count(streams as u64, "measured stream");
        return Some(format!("mcast tracked only {all}; it is unknown whether the others ended"));
    }
    (empty > 0)
        .then(|| format!("{} delivered an end marker but no datagrams", some_of(empty, streams)))
}

/// `the measured stream`, or `1 of 2 measured streams`.
fn some_of(part: usize, all: usize) -> String {
    match all {
        1 => "the measured stream".to_owned(),
        _ => format!("{part} of {all} measured streams"),
    }
}

/// The reason to stop, as the end of a sentence.
fn before(stop: Stop, limits: &Limits) -> String {
    let option = |name: &str, time: Option<Duration>| {
        format!("{name} {}", words::as_typed(time.unwrap_or_default()))
    };
    match stop {
        Stop::Timeout => format!("within {}", option("--timeout", limits.timeout)),
        Stop::Duration => format!("within {}", option("--duration", limits.duration)),
        Stop::Idle => format!("before {} ended the run", option("--idle", limits.idle)),
        Stop::Command => "before COMMAND ended".to_owned(),
        Stop::InputEnd => "before the input ended".to_owned(),
        Stop::Once
        | Stop::Count
        | Stop::Complete
        | Stop::Interrupted(_)
        | Stop::ReaderGone
        | Stop::Failed => "in time".to_owned(),
    }
}

/// Judges a sender that sent `rounds` of `count` rounds, and could not send `errors` datagrams.
pub fn of_send(rounds: u64, count: Option<u64>, errors: u64, stop: Stop) -> Verdict {
    let mut verdict = Verdict::default();
    match (stop, count) {
        (Stop::Interrupted(signal), Some(count)) if rounds < count => {
            verdict.fail(
                signal.status(),
                format!("stopped by {} after {rounds} of {count} datagrams", signal.name()),
            );
        }
        _ => hung_up(stop, &mut verdict),
    }
    if (stop, rounds) == (Stop::InputEnd, 0) {
        verdict.fail(1, "the input ended without anything to send".to_owned());
    }
    if errors > 0 {
        verdict.fail(1, format!("{} could not be sent", words::count(errors, "datagram")));
    }
    verdict
}

/// Adds the judgement on the reports of receivers: `reported` of them, if reports were asked for.
pub fn of_reports(
    mut verdict: Verdict,
    reported: Option<usize>,
    judgements: &[Judgement],
    stop: Stop,
) -> Verdict {
    if matches!(stop, Stop::ReaderGone | Stop::Failed) {
        return verdict;
    }
    let is_interrupted = matches!(stop, Stop::Interrupted(_));
    if reported == Some(0) && judgements.is_empty() && !is_interrupted {
        verdict.fail(1, "no receiver reported; receivers need 'mcast recv --reply'".to_owned());
    }
    judgements
        .iter()
        .filter(|judgement| !judgement.held)
        .for_each(|judgement| verdict.fail(1, judgement.reason()));
    verdict
}

/// Judges a scan of `scanned` of `groups` groups, `alive` of which carry data.
pub fn of_scan(scanned: usize, groups: usize, alive: usize, stop: Stop) -> Verdict {
    let mut verdict = Verdict::default();
    match stop {
        Stop::Interrupted(signal) => {
            let name = signal.name();
            let reason = match groups {
                0 => format!("stopped by {name} while looking for groups"),
                _ => format!("stopped by {name} after {scanned} of {groups} groups"),
            };
            verdict.fail(signal.status(), reason);
        }
        Stop::ReaderGone | Stop::Failed => {}
        _ if groups == 0 => verdict.fail(1, "found no groups to scan".to_owned()),
        _ if alive == 0 => {
            let all = words::count(scanned as u64, "group");
            verdict.fail(1, format!("no datagrams arrived from {all}"));
        }
        _ => {}
    }
    verdict
}

/// Judges a list of interfaces.
pub fn of_list(stop: Stop) -> Verdict {
    let mut verdict = Verdict::default();
    if let Stop::Interrupted(signal) = stop {
        verdict.fail(
            signal.status(),
            format!("stopped by {} before the end of the list", signal.name()),
        );
    }
    verdict
}

/// Judges a list whose changes are reported until a signal, which is the usual end. A closed
/// terminal is none.
pub fn of_watch(stop: Stop) -> Verdict {
    let mut verdict = Verdict::default();
    hung_up(stop, &mut verdict);
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::{Assertion, Metric, Value};

    fn evidence(stop: Stop, limits: &Limits, received: u64) -> Evidence<'_> {
        Evidence {
            stop,
            limits,
            received,
            streams: StreamCounts::default(),
            command: None,
            recording: None,
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
    fn a_reached_limit_is_a_success() {
        assert_eq!(recv(Stop::Count, Some(3), true, 3), 0);
        assert_eq!(recv(Stop::Duration, None, false, 0), 0);
        assert_eq!(recv(Stop::Command, None, false, 0), 0);
    }

    #[test]
    fn too_few_datagrams_are_a_failure() {
        for stop in [Stop::Timeout, Stop::Duration, Stop::Idle, Stop::Command] {
            assert_eq!(recv(stop, Some(3), true, 2), 1, "{stop:?}");
        }
        for stop in [Stop::Timeout, Stop::Command] {
            assert_eq!(recv(stop, None, true, 0), 1, "{stop:?}");
        }
    }

    #[test]
    fn a_signal_is_a_failure_only_with_a_count() {
        let int = Stop::Interrupted(Signal::Interrupt);
        assert_eq!(recv(int, Some(3), false, 2), 130);
        assert_eq!(recv(Stop::Interrupted(Signal::Terminate), Some(3), false, 2), 143);
        assert_eq!(recv(int, None, true, 0), 0);
        assert_eq!(of_send(2, Some(3), 0, int).status, 130);
        assert_eq!(of_send(2, None, 0, int).status, 0);
        assert_eq!(of_send(2, None, 1, int).status, 1);
    }

    #[test]
    fn an_input_that_ends_before_the_count_is_a_success() {
        assert_eq!(of_send(2, Some(3), 0, Stop::InputEnd).status, 0);
        assert_eq!(of_send(2, None, 0, Stop::InputEnd).status, 0);
        assert_eq!(of_send(0, None, 0, Stop::InputEnd).status, 1);
        assert_eq!(of_send(0, None, 0, Stop::Interrupted(Signal::Interrupt)).status, 0);
    }

    #[test]
    fn a_recording_that_ended_early_is_a_failure() {
        let limits = Limits { count: Some(1), ..Limits::default() };
        let reason = "the recording to 'out' ended: No space left on device";
        let recording = Some(reason);
        let judged = of_recv(&Evidence { recording, ..evidence(Stop::Count, &limits, 1) });
        assert_eq!((judged.status, judged.reasons), (1, vec![reason.to_owned()]));
        let int = Stop::Interrupted(Signal::Interrupt);
        assert_eq!(of_recv(&Evidence { recording, ..evidence(int, &limits, 0) }).status, 130);
    }

    #[test]
    fn a_hangup_is_a_failure() {
        let hangup = Stop::Interrupted(Signal::Hangup);
        for count in [None, Some(3)] {
            assert_eq!(recv(hangup, count, false, 2), 129);
            assert_eq!(of_send(2, count, 0, hangup).status, 129);
        }
    }

    #[test]
    fn a_closed_output_is_no_failure() {
        assert_eq!(recv(Stop::ReaderGone, Some(3), true, 1), 0);
    }

    #[test]
    fn a_failed_command_is_a_failure() {
        let failed = Ended::Failed("'false' exited with status 1".to_owned());
        let limits = Limits { count: Some(1), ..Limits::default() };
        let verdict =
            of_recv(&Evidence { command: Some(&failed), ..evidence(Stop::Count, &limits, 1) });
        assert_eq!(
            (verdict.status, verdict.reasons.as_slice()),
            (1, ["'false' exited with status 1".to_owned()].as_slice())
        );
        let limits = Limits::default();
        let verdict = of_recv(&Evidence {
            command: Some(&Ended::Stopped),
            ..evidence(Stop::Command, &limits, 1)
        });
        assert_eq!(verdict.status, 0);
    }

    #[test]
    fn once_requires_the_end_of_each_stream() {
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
            (1, vec!["1 of 2 measured streams did not end within --timeout 5s".to_owned()])
        );
        let empty = StreamCounts { streams: 2, empty: 1, ..StreamCounts::default() };
        let verdict = of_recv(&Evidence { streams: empty, ..evidence(Stop::Once, &limits, 10) });
        assert_eq!(
            verdict.reasons,
            ["1 of 2 measured streams delivered an end marker but no datagrams"]
        );
        assert_eq!(
            of_recv(&Evidence { streams: empty, ..evidence(Stop::Count, &limits, 10) }).status,
            0
        );
        let limited = StreamCounts { streams: 9, more: true, ..StreamCounts::default() };
        let verdict = of_recv(&Evidence { streams: limited, ..evidence(Stop::Once, &limits, 10) });
        assert_eq!(
            verdict.reasons,
            ["mcast tracked only 9 measured streams; it is unknown whether the others ended"]
        );
        let none = of_recv(&evidence(Stop::Timeout, &limits, 0));
        assert_eq!(none.reasons, ["no measured stream arrived within --timeout 5s"]);
        assert!(
            judge(Stop::Timeout, (0, 0)).reasons[0]
                .contains("recognises no stream in the received datagrams")
        );
        let int = Stop::Interrupted(Signal::Interrupt);
        assert_eq!(
            judge(int, (1, 1)).reasons,
            ["stopped by SIGINT before the measured stream ended"]
        );
        assert_eq!((judge(int, (1, 1)).status, judge(int, (1, 0)).status), (130, 0));
    }

    #[test]
    fn a_scan_fails_if_nothing_is_alive() {
        let reason = |scanned, groups, alive, stop| {
            let verdict = of_scan(scanned, groups, alive, stop);
            (verdict.status, verdict.reasons.concat())
        };
        assert_eq!(reason(9, 9, 1, Stop::Complete), (0, String::new()));
        assert_eq!(
            reason(9, 9, 0, Stop::Complete),
            (1, "no datagrams arrived from 9 groups".to_owned())
        );
        assert_eq!(reason(0, 0, 0, Stop::Complete), (1, "found no groups to scan".to_owned()));
        assert_eq!(reason(0, 9, 0, Stop::ReaderGone), (0, String::new()));
        let interrupt = Stop::Interrupted(Signal::Interrupt);
        assert_eq!(
            reason(4, 9, 1, interrupt),
            (130, "stopped by SIGINT after 4 of 9 groups".to_owned())
        );
    }

    #[test]
    fn a_failed_assertion_is_a_failure() {
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
    fn the_reason_states_the_count_and_the_limit() {
        let limits = Limits {
            count: Some(10),
            timeout: Some(Duration::from_millis(1500)),
            ..Limits::default()
        };
        let verdict = of_recv(&evidence(Stop::Timeout, &limits, 3));
        assert_eq!(verdict.reasons, ["received 3 of 10 datagrams within --timeout 1.5s"]);
    }
}
