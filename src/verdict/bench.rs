//! The verdicts on benchmarks.

use std::time::Duration;

use super::{Stop, Verdict};
use crate::units::words::{as_typed, count};

/// What decides the verdict on `bench join`.
#[derive(Clone, Copy, Debug)]
pub struct JoinEvidence {
    /// Why the run stopped.
    pub stop: Stop,
    /// Complete cycles.
    pub cycles: u32,
    /// Planned cycles.
    pub planned: u32,
    /// Cycles without a datagram.
    pub missed: u32,
    /// Cycles whose group was forwarded before the join.
    pub in_vain: u32,
    /// The longest wait for a datagram.
    pub join_wait: Duration,
}

/// Judges `bench join`.
pub fn of_join(evidence: &JoinEvidence) -> Verdict {
    let JoinEvidence { stop, cycles, planned, missed, in_vain, join_wait } = *evidence;
    let mut verdict = Verdict::default();
    match stop {
        Stop::Interrupted(signal) => {
            let reason = format!("stopped by {} after {cycles} of {planned} cycles", signal.name());
            verdict.fail(signal.status(), reason);
        }
        Stop::ReaderGone | Stop::Failed => {}
        _ if cycles == missed => {
            let wait = as_typed(join_wait);
            verdict.fail(1, format!("no datagrams arrived within {wait} after the join"));
        }
        _ if missed > 0 => {
            let wait = as_typed(join_wait);
            let all = count(cycles.into(), "cycle");
            verdict.fail(1, format!("no datagrams arrived within {wait} in {missed} of {all}"));
        }
        _ if cycles == in_vain => verdict.fail(
            1,
            "the group arrived before each join: the network forwards it without a membership of \
             this host"
                .to_owned(),
        ),
        _ => {}
    }
    verdict
}

/// What decides the verdict on `bench throughput`.
#[derive(Clone, Copy, Debug)]
pub struct ThroughputEvidence {
    /// Why the run stopped.
    pub stop: Stop,
    /// The receivers at the end.
    pub receivers: usize,
    /// The receivers that stopped reporting.
    pub vanished: usize,
    /// Planned frame sizes.
    pub sizes: usize,
    /// Frame sizes whose search is complete.
    pub done: usize,
    /// Frame sizes without a rate that passed.
    pub without_rate: usize,
    /// The time limit.
    pub time_limit: Duration,
}

/// Judges `bench throughput`.
pub fn of_throughput(evidence: &ThroughputEvidence) -> Verdict {
    let ThroughputEvidence { stop, receivers, vanished, sizes, done, .. } = *evidence;
    let mut verdict = Verdict::default();
    match stop {
        Stop::Interrupted(signal) => {
            let all = count(sizes as u64, "frame size");
            let done = done.saturating_sub(1);
            let reason = format!("stopped by {} after {done} of {all}", signal.name());
            verdict.fail(signal.status(), reason);
        }
        Stop::ReaderGone | Stop::Failed => {}
        _ => {
            verdict.fail_without(receivers, vanished);
            if stop == Stop::Duration {
                let limit = as_typed(evidence.time_limit);
                let all = count(sizes as u64, "frame size");
                let reason = format!("--time-limit {limit} ended the search: {done} of {all} done");
                verdict.fail(1, reason);
            } else if evidence.without_rate > 0 && receivers > 0 {
                let sizes = count(evidence.without_rate as u64, "frame size");
                verdict.fail(1, format!("no rate passed with {sizes}"));
            }
        }
    }
    verdict
}

/// What decides the verdict on `bench groups`.
#[derive(Clone, Copy, Debug)]
pub struct GroupsEvidence {
    /// Why the run stopped.
    pub stop: Stop,
    /// The receivers at the end.
    pub receivers: usize,
    /// The receivers that stopped reporting.
    pub vanished: usize,
    /// The most groups of which all arrived.
    pub capacity: Option<usize>,
    /// The time limit.
    pub time_limit: Duration,
}

/// Judges `bench groups`.
pub fn of_groups(evidence: &GroupsEvidence) -> Verdict {
    let GroupsEvidence { stop, receivers, vanished, capacity, time_limit } = *evidence;
    let mut verdict = Verdict::default();
    match stop {
        Stop::Interrupted(signal) => {
            let reason = format!("stopped by {} before the search was complete", signal.name());
            verdict.fail(signal.status(), reason);
        }
        Stop::ReaderGone | Stop::Failed => {}
        _ => {
            verdict.fail_without(receivers, vanished);
            if stop == Stop::Duration {
                let limit = as_typed(time_limit);
                verdict.fail(1, format!("--time-limit {limit} ended the search"));
            } else if receivers > 0 && capacity.is_none() {
                verdict.fail(1, "no number of groups arrived completely".to_owned());
            }
        }
    }
    verdict
}

impl Verdict {
    /// Fails without a receiver, or if one stopped reporting.
    fn fail_without(&mut self, receivers: usize, vanished: usize) {
        if receivers == 0 && vanished == 0 {
            self.fail(
                1,
                "no receiver reported: start mcast recv --reply with the same target on other hosts"
                    .to_owned(),
            );
        } else if vanished > 0 {
            let all = count((receivers + vanished) as u64, "receiver");
            self.fail(1, format!("{vanished} of {all} stopped reporting"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Signal;

    #[test]
    fn a_join_needs_datagrams_in_each_cycle() {
        let evidence = JoinEvidence {
            stop: Stop::Complete,
            cycles: 20,
            planned: 20,
            missed: 0,
            in_vain: 0,
            join_wait: Duration::from_secs(5),
        };
        let judge = |evidence| {
            let verdict = of_join(&evidence);
            (verdict.status, verdict.reasons.concat())
        };
        assert_eq!(judge(evidence), (0, String::new()));
        assert_eq!(judge(JoinEvidence { in_vain: 19, ..evidence }), (0, String::new()));
        for (evidence, status, part) in [
            (JoinEvidence { missed: 1, ..evidence }, 1, "within 5s in 1 of 20 cycles"),
            (JoinEvidence { cycles: 1, missed: 1, ..evidence }, 1, "within 5s after the join"),
            (JoinEvidence { cycles: 3, in_vain: 3, ..evidence }, 1, "arrived before each join"),
            (
                JoinEvidence { stop: Stop::Interrupted(Signal::Interrupt), cycles: 4, ..evidence },
                130,
                "stopped by SIGINT after 4 of 20 cycles",
            ),
        ] {
            let (is, reason) = judge(evidence);
            assert!(is == status && reason.contains(part), "{is} {reason}");
        }
    }

    #[test]
    fn a_search_needs_receivers_and_time() {
        let evidence = ThroughputEvidence {
            stop: Stop::Complete,
            receivers: 2,
            vanished: 0,
            sizes: 6,
            done: 6,
            without_rate: 0,
            time_limit: Duration::from_secs(60),
        };
        let judge = |evidence| {
            let verdict = of_throughput(&evidence);
            (verdict.status, verdict.reasons.concat())
        };
        assert_eq!(judge(evidence), (0, String::new()));
        for (evidence, status, part) in [
            (ThroughputEvidence { receivers: 0, ..evidence }, 1, "no receiver reported"),
            (ThroughputEvidence { vanished: 1, ..evidence }, 1, "1 of 3 receivers stopped"),
            (ThroughputEvidence { without_rate: 1, ..evidence }, 1, "no rate passed with 1 frame"),
            (
                ThroughputEvidence { stop: Stop::Duration, done: 2, ..evidence },
                1,
                "--time-limit 60s ended the search: 2 of 6 frame sizes done",
            ),
            (
                ThroughputEvidence { stop: Stop::Interrupted(Signal::Terminate), ..evidence },
                143,
                "stopped by SIGTERM after 5 of 6 frame sizes",
            ),
        ] {
            let (is, reason) = judge(evidence);
            assert!(is == status && reason.contains(part), "{is} {reason}");
        }
    }

    #[test]
    fn groups_need_receivers_and_time() {
        let evidence = GroupsEvidence {
            stop: Stop::Complete,
            receivers: 1,
            vanished: 0,
            capacity: Some(9),
            time_limit: Duration::from_secs(60),
        };
        let judge = |evidence| {
            let verdict = of_groups(&evidence);
            (verdict.status, verdict.reasons.concat())
        };
        assert_eq!(judge(evidence), (0, String::new()));
        for (evidence, part) in [
            (GroupsEvidence { capacity: None, ..evidence }, "no number of groups"),
            (GroupsEvidence { stop: Stop::Duration, ..evidence }, "--time-limit 60s"),
            (GroupsEvidence { receivers: 0, capacity: None, ..evidence }, "no receiver reported"),
        ] {
            let (is, reason) = judge(evidence);
            assert!(is == 1 && reason.contains(part), "{is} {reason}");
        }
    }
}
