//! The verdict on `mcast ping`.

use std::net::IpAddr;

use super::{Stop, Verdict};
use crate::assertion::Judgement;
use crate::sys::Signal;
use crate::units::words::count;

/// How many missing addresses a reason names.
const MOST_NAMED: usize = 3;

/// The facts that the verdict on a ping depends on.
#[derive(Clone, Copy, Debug)]
pub struct PingEvidence<'a> {
    /// The reason to stop.
    pub stop: Stop,
    /// The limit of requests to each target.
    pub count: Option<u64>,
    /// How many rounds of requests were sent.
    pub rounds: u64,
    /// How many requests were sent in total.
    pub requests: u64,
    /// How many requests could not be sent.
    pub errors: u64,
    /// Whether a reply arrived.
    pub is_answered: bool,
    /// The expected receivers that did not answer.
    pub missing: &'a [IpAddr],
    /// The results of the assertions.
    pub judgements: &'a [Judgement],
}

/// Judges a ping. Ctrl-C is the normal end of a run without `--count`.
pub fn of_ping(evidence: &PingEvidence) -> Verdict {
    let PingEvidence { stop, count: limit, rounds, requests, errors, .. } = *evidence;
    let PingEvidence { is_answered, missing, judgements, .. } = *evidence;
    let mut verdict = Verdict::default();
    if matches!(stop, Stop::ReaderGone | Stop::Failed) {
        return verdict;
    }
    if !is_answered {
        let all = count(requests, "request");
        verdict.fail(1, format!("no receiver answered {all}"));
    }
    match missing {
        [] => {}
        [one] => verdict.fail(1, format!("the expected receiver {one} did not answer")),
        many => {
            let named: Vec<String> =
                many.iter().take(MOST_NAMED).map(ToString::to_string).collect();
            let more = if many.len() > MOST_NAMED { ", ..." } else { "" };
            let all = count(many.len() as u64, "expected receiver");
            verdict.fail(1, format!("{all} did not answer: {}{more}", named.join(", ")));
        }
    }
    if errors > 0 {
        verdict.fail(1, format!("{} could not be sent", count(errors, "request")));
    }
    judgements
        .iter()
        .filter(|judgement| !judgement.held)
        .for_each(|judgement| verdict.fail(1, judgement.reason()));
    match (stop, limit) {
        (Stop::Interrupted(signal), Some(limit)) if rounds < limit => {
            let name = signal.name();
            let reason = format!("stopped by {name} after {rounds} of {limit} requests");
            verdict.fail(signal.status(), reason);
        }
        (Stop::Interrupted(Signal::Hangup), _) => {
            let reason = "stopped by SIGHUP: the terminal closed".to_owned();
            verdict.fail(Signal::Hangup.status(), reason);
        }
        _ => {}
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(stop: Stop, limit: Option<u64>, is_answered: bool, missing: &[&str]) -> (u8, String) {
        let missing: Vec<IpAddr> = missing.iter().map(|text| text.parse().unwrap()).collect();
        let verdict = of_ping(&PingEvidence {
            stop,
            count: limit,
            rounds: 3,
            requests: 6,
            errors: 0,
            is_answered,
            missing: &missing,
            judgements: &[],
        });
        (verdict.status, verdict.reasons.join("; "))
    }

    #[test]
    fn an_answer_is_a_success() {
        let interrupt = Stop::Interrupted(Signal::Interrupt);
        for (stop, limit) in [(Stop::Count, Some(3)), (Stop::Duration, None), (interrupt, None)] {
            assert_eq!(judged(stop, limit, true, &[]), (0, String::new()));
        }
        let (status, reason) = judged(interrupt, Some(9), true, &[]);
        assert_eq!((status, reason.as_str()), (130, "stopped by SIGINT after 3 of 9 requests"));
        assert_eq!(judged(Stop::Interrupted(Signal::Hangup), None, true, &[]).0, 129);
    }

    #[test]
    fn silence_is_a_failure() {
        let nobody = (1, "no receiver answered 6 requests".to_owned());
        assert_eq!(judged(Stop::Count, Some(3), false, &[]), nobody);
        assert_eq!(judged(Stop::Interrupted(Signal::Interrupt), None, false, &[]), nobody);
        assert_eq!(judged(Stop::ReaderGone, None, false, &[]).0, 0);
    }

    #[test]
    fn missing_receivers_are_a_failure() {
        let (status, reason) = judged(Stop::Count, Some(3), true, &["10.0.0.1"]);
        assert_eq!((status, reason.as_str()), (1, "the expected receiver 10.0.0.1 did not answer"));
        let many = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
        let (_, reason) = judged(Stop::Count, Some(3), true, &many);
        assert_eq!(
            reason,
            "4 expected receivers did not answer: 10.0.0.1, 10.0.0.2, 10.0.0.3, ..."
        );
    }
}
