//! What a receiver prints of measured streams.

use super::results::shown;
use super::samples::received;
use crate::assertion::Assertion;
use crate::event::{
    AnswersInfo, CountersInfo, Event, HopsInfo, MeasuredInfo, RecvCounters, RecvSummary, StreamInfo,
};
use crate::report::samples::{counters, stream, together};
use crate::stats::delay::{Delays, Precision};
use crate::stats::stream::Clock;
use crate::verdict::{Evidence, Limits, Stop, Verdict, of_recv};

/// A run of one stream with these measurements.
pub fn measured(counters: CountersInfo) -> RecvCounters {
    let streams = vec![StreamInfo { clock: Clock::SameHost, ..stream(1, copy(&counters)) }];
    let spread = spread();
    let measured = MeasuredInfo { spread, ..together(counters, 1, 1, 0) };
    RecvCounters { measured: Some(measured), streams, ..received(2949) }
}

fn copy(of: &CountersInfo) -> CountersInfo {
    CountersInfo {
        duplicates: of.duplicates,
        reordered: of.reordered,
        jitter: of.jitter,
        delay_ns: of.delay_ns,
        pdv_ns: of.pdv_ns,
        ..counters(of.received, of.lost, (of.loss_runs.count, of.loss_runs.longest))
    }
}

fn spread() -> Delays {
    let mut delays = Delays::new(Precision::Fine);
    (0..1000).for_each(|number| delays.record(9_000 + number * number / 40));
    delays
}

/// Measurements with delays, a jitter, and so many duplicates.
pub fn delays(duplicates: u64) -> CountersInfo {
    let delays = spread().quantiles();
    CountersInfo {
        duplicates,
        jitter: Some(615.0),
        delay_ns: delays,
        pdv_ns: delays,
        wakeup_ns: delays.map(Into::into),
        ..counters(2949, 51, (3, 40))
    }
}

/// The end of a run with these counters.
pub fn ended(counters: RecvCounters) -> Event<'static> {
    let verdict = Verdict::default();
    Event::RecvSummary(RecvSummary {
        counters,
        flows: Vec::new(),
        capture: None,
        pairs: Vec::new(),
        recording: None,
        answers: AnswersInfo::default(),
        assertions: Vec::new(),
        verdict,
    })
}

pub fn samples() -> Vec<String> {
    let fine = CountersInfo { lost: 0, ..delays(0) };
    let fine = CountersInfo { expected: 2949, loss_ratio: Some(0.0), ..fine };
    vec![
        shown("measured, no loss", [ended(measured(fine))]),
        asserted(),
        anomalies(),
        beginnings_and_ends(),
        unsynchronised(),
        many(),
        places_of_loss(),
        units(),
    ]
}

fn asserted() -> String {
    let counters = measured(delays(0));
    let judgements: Vec<_> = ["datagrams >= 2900", "loss == 0%", "delay.p99 < 5us", "hops.max < 3"]
        .iter()
        .map(|text| text.parse::<Assertion>().expect("an assertion"))
        .map(|assertion| assertion.judge(|metric| counters.value(metric)))
        .collect();
    let verdict = of_recv(&Evidence {
        stop: Stop::Duration,
        limits: &Limits::default(),
        received: 2949,
        streams: Default::default(),
        command: None,
        recording: None,
        judgements: &judgements,
    });
    shown(
        "measured, assertions",
        [Event::RecvSummary(RecvSummary {
            counters,
            flows: Vec::new(),
            capture: None,
            pairs: Vec::new(),
            recording: None,
            answers: AnswersInfo::default(),
            assertions: judgements,
            verdict,
        })],
    )
}

/// The same measurements, and how many of everything that is out of the ordinary.
fn anomalies() -> String {
    let odd = |number: u64, hops| CountersInfo {
        reordered: number,
        reorder_extent_max: number,
        stale: number,
        truncated: number,
        dscp_changed: Some(number),
        hops: Some(hops),
        gap_ns: Some(12_000_000),
        ..counters(100, 0, (0, 0))
    };
    let run = |number, hops| {
        let run = measured(odd(number, hops));
        ended(RecvCounters {
            corrupt: number,
            foreign: number,
            unsupported: number,
            untracked: number,
            ..run
        })
    };
    let (near, far) = (HopsInfo { min: 1, max: 1 }, HopsInfo { min: 1, max: 3 });
    shown("measured, anomalies", [run(1, near), run(2, far)])
}

fn beginnings_and_ends() -> String {
    let run = |streams, ended_streams, changes, restarts| {
        let of = MeasuredInfo {
            missed_before: changes,
            source_changes: changes,
            ..together(counters(100, 0, (0, 0)), streams, ended_streams, restarts)
        };
        let open = streams - ended_streams;
        let streams = (0..streams as u8).map(|last| StreamInfo {
            ended: usize::from(last) >= open,
            ..stream(last, counters(100, 0, (0, 0)))
        });
        ended(RecvCounters { measured: Some(of), streams: streams.collect(), ..received(100) })
    };
    shown("measured, beginnings and ends", [run(1, 0, 1, 1), run(3, 2, 2, 2), run(3, 1, 0, 0)])
}

fn unsynchronised() -> String {
    let with = |clock, delay_ns| {
        let mut run = measured(CountersInfo { delay_ns, ..delays(0) });
        run.streams.iter_mut().for_each(|stream| stream.clock = clock);
        ended(run)
    };
    let known = spread().quantiles();
    shown(
        "measured, clocks",
        [
            with(Clock::Synchronised, known),
            with(Clock::Asserted, known),
            with(Clock::Ptp, known),
            with(Clock::Unknown, None),
        ],
    )
}

/// Of many streams, the line below the rows.
fn many() -> String {
    let run = |lost: u64| -> String {
        let streams = (1..=22).map(|last| stream(last, counters(100, lost, (lost, 1))));
        let of = together(counters(2200, 22 * lost, (22 * lost, 1)), 22, 22, 0);
        let run = RecvCounters { measured: Some(of), streams: streams.collect(), ..received(2200) };
        let all = shown("", [ended(run)]);
        all.lines()
            .filter(|line| line.starts_with("and "))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    format!("-- measured, many streams\n{}", [0, 1].map(run).concat())
}

/// One line for each place of the losses.
fn places_of_loss() -> String {
    let cases = [
        (0, (0, 0), Some((457, true)), 0),
        (0, (0, 0), Some((7, false)), 0),
        (1, (1, 1), Some((0, true)), 0),
        (5, (1, 5), Some((0, true)), 0),
        (10, (1, 10), Some((10, true)), 0),
        (10, (10, 1), Some((15, true)), 0),
        (10, (3, 5), Some((4, true)), 0),
        (10, (3, 5), None, 0),
        (10, (3, 5), Some((0, false)), 0),
        (4, (4, 1), Some((3, false)), 0),
        (400, (4, 1), Some((1, false)), 0),
        (25, (5, 5), Some((0, true)), 25),
        (25, (5, 5), Some((5, true)), 15),
        (25, (5, 5), Some((0, true)), 90),
        (25, (5, 5), Some((4, false)), 9),
    ];
    let mut text = "-- measured, places of the losses\n".to_owned();
    for (lost, runs, drops, checksum_errors) in cases {
        let run = RecvCounters {
            kernel_drops: drops.map(|(count, _)| count),
            kernel_drops_exact: drops.map(|(_, exact)| exact),
            checksum_errors: Some(checksum_errors),
            ..measured(counters(1000 - lost, lost, runs))
        };
        let all = shown("", [ended(run)]);
        let from = all.find("\nlost ").map_or(0, |at| at + 1);
        text += &all[from..];
    }
    text
}

/// Streams that count messages or packets, and a lower bound of the losses.
fn units() -> String {
    let run = |unit, format, exact| {
        let lost = CountersInfo { lost_exact: exact, ..counters(95, 5, (2, 3)) };
        let mut run = measured(lost);
        run.kernel_drops = Some(1);
        run.streams.iter_mut().for_each(|stream| stream.format = format);
        if let Some(measured) = &mut run.measured {
            measured.unit = unit;
        }
        ended(run)
    };
    shown(
        "measured, units",
        [
            run(Some("messages"), "moldudp64", true),
            run(Some("ts_packets"), "ts", false),
            run(None, "ts", false),
        ],
    )
}
