//! The test cases of a summary.

use std::fmt::{self, Display, Write};

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus};

use crate::assertion::{Judgement, Value};
use crate::event::{
    Event, GroupsSummary, JoinSummary, LatencyInfo, PingSummary, ThroughputRow, ThroughputSummary,
};
use crate::notice::{Level, Notice};
use crate::report::human::rate;
use crate::units::order;
use crate::units::printable::is_printable;
use crate::units::words::count;
use crate::verdict::{COULD_NOT_RUN, Verdict};

/// Foreign text for XML, which forbids most control characters. They are shown as escapes.
pub struct Text<'a>(pub &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '\n' => f.write_char(letter),
            _ if is_printable(letter) => f.write_char(letter),
            _ => write!(f, "{}", letter.escape_debug()),
        })
    }
}

/// The verdict of a summary, and the test cases except that of the verdict. `None` if the event is
/// no summary of a run with a verdict.
pub fn of_summary(event: &Event) -> Option<(Verdict, Vec<TestCase>)> {
    let (verdict, cases) = match event {
        Event::RecvSummary(summary) => {
            (&summary.verdict, assertions(&summary.assertions, &summary.verdict))
        }
        Event::SendSummary(summary) => {
            (&summary.verdict, assertions(&summary.assertions, &summary.verdict))
        }
        Event::PingSummary(summary) => (&summary.verdict, ping(summary)),
        Event::ScanSummary(summary) => (&summary.verdict, Vec::new()),
        Event::CheckSummary(summary) => (&summary.verdict, Vec::new()),
        Event::ThroughputSummary(summary) => (&summary.verdict, throughput(summary)),
        Event::JoinSummary(summary) => (&summary.verdict, join(summary)),
        Event::GroupsSummary(summary) => (&summary.verdict, groups(summary)),
        Event::Failure(failure) => (&failure.verdict, Vec::new()),
        _ => return None,
    };
    Some((verdict.clone(), cases))
}

/// The case of the verdict. A run that could not run, or was interrupted before its answer, is an
/// error and no failure. `explanations` follow the reasons.
pub fn of_verdict(verdict: Option<&Verdict>, explanations: &[String]) -> TestCase {
    const NAME: &str = "verdict";
    let Some(verdict) = verdict else {
        return failed(NAME, NonSuccessKind::Error, "incomplete", "no summary", "no summary");
    };
    let (kind, category) = match verdict.status {
        0 => return passed(NAME, None),
        1 => (NonSuccessKind::Failure, "verdict"),
        COULD_NOT_RUN => (NonSuccessKind::Error, "error"),
        _ => (NonSuccessKind::Error, "interrupted"),
    };
    let reasons = verdict.reasons.join("\n");
    let message = first_lines(&verdict.reasons);
    let text = [&[reasons], explanations].concat().join("\n");
    failed(NAME, kind, category, &message, &text)
}

/// The case of a finding: a fault fails.
pub fn of_finding(finding: &Notice, text: &str) -> TestCase {
    let name = finding.id.to_string();
    if finding.level < Level::Fault {
        return passed(&name, Some(text));
    }
    failed(&name, NonSuccessKind::Failure, "fault", &finding.what, text)
}

/// The reasons without their tips.
fn first_lines(reasons: &[String]) -> String {
    let first = |reason: &String| reason.lines().next().unwrap_or_default().to_owned();
    reasons.iter().map(first).collect::<Vec<_>>().join("; ")
}

/// The cases of assertions. One that failed without a place in the verdict was not judged: the
/// reader of the output ended the run.
fn assertions(judgements: &[Judgement], verdict: &Verdict) -> Vec<TestCase> {
    let case = |judgement: &Judgement| {
        let Judgement { expr, held, .. } = judgement;
        let measured = match judgement.shown() {
            Some(value) => format!("measured {value}"),
            None => "value unknown".to_owned(),
        };
        if *held {
            return passed(expr, Some(&measured));
        }
        if !verdict.reasons.contains(&judgement.reason()) {
            let mut status = TestCaseStatus::skipped();
            status.set_message("not judged");
            return TestCase::new(Text(expr).to_string(), status);
        }
        let message = format!("expected {expr}, {measured}");
        failed(expr, NonSuccessKind::Failure, "assertion", &message, &message)
    };
    judgements.iter().map(case).collect()
}

/// The cases of a ping: its assertions, and with `--expect` each receiver.
fn ping(summary: &PingSummary) -> Vec<TestCase> {
    let mut cases = assertions(&summary.assertions, &summary.verdict);
    let Some(missing) = &summary.missing else { return cases };
    let answered = summary.receivers.iter().filter(|receiver| receiver.counts.replies > 0);
    let answered = order::set(answered.map(|receiver| receiver.address.to_string()));
    cases.extend(answered.iter().map(|address| passed(&format!("receiver {address}"), None)));
    cases.extend(missing.iter().map(|address| {
        let name = format!("receiver {address}");
        failed(&name, NonSuccessKind::Failure, "missing", "no reply", "no reply")
    }));
    cases
}

/// A case for each frame size.
fn throughput(summary: &ThroughputSummary) -> Vec<TestCase> {
    let case = |row: &ThroughputRow| {
        let name = format!("{} bytes", row.frame_bytes);
        let Some(pps) = row.throughput_pps else {
            let text = "no rate passed";
            return failed(&name, NonSuccessKind::Failure, "throughput", text, text);
        };
        let mut text = format!("{}pps", rate(pps));
        if let Some(bps) = row.throughput_bps {
            let _ = write!(text, ", {}bit/s", rate(bps));
        }
        passed(&name, Some(&text))
    };
    summary.results.iter().map(case).collect()
}

/// A case for the joins, and one for the leaves if they were measured.
fn join(summary: &JoinSummary) -> Vec<TestCase> {
    let text = |latency: &LatencyInfo| {
        let [p50, p99, max] = [latency.p50, latency.p99, latency.max]
            .map(|time| Value::Nanos(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)));
        format!("p50 {p50}, p99 {p99}, max {max}")
    };
    let latency = summary.join.as_ref().map(text).unwrap_or_default();
    let join = if summary.missed > 0 {
        let missed = count(summary.missed.into(), "cycle");
        let message = format!("no datagrams: {missed}");
        let text = [message.as_str(), latency.as_str()].join("\n");
        failed("join", NonSuccessKind::Failure, "join", &message, text.trim_end())
    } else {
        passed("join", Some(&latency))
    };
    let leave = summary.leave.as_ref().map(|latency| passed("leave", Some(&text(latency))));
    [join].into_iter().chain(leave).collect()
}

/// One case for the number of groups.
fn groups(summary: &GroupsSummary) -> Vec<TestCase> {
    vec![match summary.capacity {
        Some(groups) => passed("groups", Some(&count(groups as u64, "group").to_string())),
        None => failed("groups", NonSuccessKind::Failure, "groups", "no groups", "no groups"),
    }]
}

fn passed(name: &str, out: Option<&str>) -> TestCase {
    let mut case = TestCase::new(Text(name).to_string(), TestCaseStatus::success());
    if let Some(out) = out.filter(|out| !out.is_empty()) {
        case.set_system_out(Text(out).to_string());
    }
    case
}

fn failed(name: &str, kind: NonSuccessKind, category: &str, message: &str, text: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(Text(message).to_string());
    status.set_type(category);
    // GitLab shows the text, others show the message.
    status.set_description(Text(text).to_string());
    TestCase::new(Text(name).to_string(), status)
}
