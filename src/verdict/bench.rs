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
}
