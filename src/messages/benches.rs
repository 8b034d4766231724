//! What benchmarks print.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::page::{self, Page};
use super::results::shown;
use super::samples::{at, ip, listen, via};
use crate::event::{
    BenchingGroups, BenchingJoin, BenchingThroughput, Bin, Cause, CycleInfo, Event, GroupsName,
    GroupsSummary, JoinFrom, JoinName, JoinSummary, LatencyInfo, Program, ReceiverRow, StepInfo,
    StepReceiver, TargetInfo, ThroughputName, ThroughputRow, ThroughputSummary, TrialInfo,
    TrialReceiver,
};
use crate::notice::bench;
use crate::plan::BenchError;
use crate::sys::Signal;
use crate::units::Rate;
use crate::verdict::{self, Stop, Verdict};

const RECEIVERS: [&str; 2] = ["10.0.0.101", "10.0.0.102"];

pub fn page() -> Page {
    let mut samples = vec![starts(), cycles(), joins(), trials(), throughputs(), steps()];
    samples.extend([capacities(), verdicts(), errors()]);
    samples.extend(notices());
    Page { title: "benchmarks", samples }
}

fn starts() -> String {
    let (to, from) = (at("239.1.1.1", via("eth0")), listen("239.1.1.1"));
    let source: SocketAddr = "10.0.0.101:41234".parse().expect("an address");
    let target = || TargetInfo::to(&to, source, Some(1));
    let join = |sees_frames| {
        Event::BenchingJoin(BenchingJoin {
            program: Program::default(),
            bench: JoinName,
            target: TargetInfo::of(&from).remove(0),
            cycles: 20,
            join_wait: Duration::from_secs(5),
            leave_wait: Duration::from_secs(5),
            sees_frames,
        })
    };
    let throughput = Event::BenchingThroughput(BenchingThroughput {
        program: Program::default(),
        bench: ThroughputName,
        target: target(),
        frame_bytes: vec![128, 512, 1518],
        trial: Duration::from_secs(10),
        loss_max_ratio: 0.0,
        max: Rate::Bits(1e8).into(),
        resolution_ratio: 0.01,
        time_limit: Duration::from_secs(1800),
    });
    let groups = Event::BenchingGroups(BenchingGroups {
        program: Program::default(),
        bench: GroupsName,
        target: target(),
        groups: 1024,
        rate_pps: 1000.0,
        datagrams_per_group: 5,
        time_limit: Duration::from_secs(1800),
    });
    shown("benchmarks begin", [throughput, join(true), join(false), groups])
}

fn cycles() -> String {
    let cycle = |number, forwarded: bool, datagrams, stopped: bool| CycleInfo {
        cycle: number,
        forwarded_before: Some(forwarded),
        join: (datagrams > 0).then(|| Duration::from_micros(412)),
        join_from: JoinFrom::Report,
        report_delay: Some(Duration::from_millis(12)),
        leave: stopped.then(|| Duration::from_micros(2_031_000 * u64::from(number % 2))),
        stopped: Some(stopped),
        datagrams,
        gap: (datagrams > 1).then(|| Duration::from_millis(1)),
    };
    let all = [
        cycle(1, false, 51, true),
        cycle(2, false, 50, true),
        cycle(3, false, 50, false),
        cycle(4, true, 51, true),
        cycle(5, false, 0, true),
    ];
    shown("bench join, while it runs", all.iter().map(Event::Cycle))
}

fn latency(micros: [u64; 5]) -> LatencyInfo {
    let [min, mean, p50, p99, max] = micros.map(Duration::from_micros);
    let bin = |from: u64, count| Bin {
        from: Duration::from_micros(from),
        to: Duration::from_micros(from + 100),
        count,
    };
    let histogram = vec![bin(300, 3), bin(400, 16), bin(500, 1)];
    LatencyInfo { count: 20, min, mean, p50, p99, max, histogram }
}

fn joins() -> String {
    let summary = |join_from, leave: Option<LatencyInfo>, cycles: u32| {
        Event::JoinSummary(JoinSummary {
            bench: JoinName,
            elapsed: Duration::from_millis(42_123),
            cycles: 20,
            missed: cycles,
            forwarded_before: leave.as_ref().map(|_| cycles),
            not_stopped: leave.as_ref().map(|_| cycles),
            join_from,
            join: Some(latency([310, 412, 405, 520, 520])),
            report_delay: leave.as_ref().map(|_| latency([12_200, 13_900, 13_100, 16_900, 16_900])),
            leave,
            gap: Some(Duration::from_millis(1)),
            gap_max: Some(Duration::from_micros(1090)),
            sources: vec!["10.0.0.100:41234".parse().expect("an address")],
            verdict: Verdict::default(),
        })
    };
    let leave = latency([2_030_000, 2_031_000, 2_031_000, 2_033_000, 2_033_000]);
    let summaries = [
        summary(JoinFrom::Report, Some(leave.clone()), 0),
        summary(JoinFrom::Report, Some(leave), 1),
        summary(JoinFrom::Call, None, 0),
    ];
    summaries.map(|summary| shown("bench join, the end", [summary])).concat()
}

pub fn trial(number: u32, cause: Option<Cause>, losses: [Option<f64>; 2]) -> TrialInfo {
    let receiver = |(place, loss): (usize, Option<f64>)| TrialReceiver {
        address: ip(RECEIVERS[place]),
        receiver: 0x1234 + place as u64,
        received: loss.map(|loss| (1000.0 * (1.0 - loss)) as u64),
        lost: loss.map(|loss| (1000.0 * loss) as u64),
        loss_ratio: loss,
        kernel_drops: Some(0),
    };
    TrialInfo {
        frame_bytes: 512,
        trial: number,
        offered_pps: 24_414.0,
        sent: 244_140,
        sent_pps: Some(24_414.0),
        sent_bps: Some(1e8),
        send_errors: 0,
        passed: cause.is_none(),
        cause,
        receivers: losses.into_iter().enumerate().map(receiver).collect(),
    }
}

fn trials() -> String {
    let (none, some) = (Some(0.0), Some(0.021));
    let all = [
        trial(1, Some(Cause::Path), [none, some]),
        trial(2, Some(Cause::ReceiverKernel), [some, none]),
        trial(6, Some(Cause::PathOrKernel), [some, none]),
        trial(3, Some(Cause::ReceiverSilent), [none, None]),
        trial(4, Some(Cause::Sender), [none, none]),
        trial(5, None, [none, none]),
    ];
    shown("bench throughput, while it runs", all.iter().map(Event::Trial))
}

fn throughputs() -> String {
    let bounds = [
        Some(Cause::Path),
        Some(Cause::ReceiverKernel),
        Some(Cause::PathOrKernel),
        Some(Cause::ReceiverSilent),
        Some(Cause::Sender),
        Some(Cause::MaxRate),
        Some(Cause::TimeLimit),
        None,
    ];
    let receiver = |place: usize, passed_pps, failed_pps| ReceiverRow {
        address: ip(RECEIVERS[place]),
        receiver: 0x1234 + place as u64,
        passed_pps,
        failed_pps,
    };
    let row = |bound: Option<Cause>| ThroughputRow {
        frame_bytes: 512,
        payload_bytes: 466,
        throughput_pps: bound.map(|_| 12_207.0),
        throughput_bps: bound.map(|_| 5e7),
        failed_pps: bound.filter(|of| *of == Cause::Path).map(|_| 12_320.0),
        bound,
        trials: 8,
        receivers: vec![
            receiver(0, Some(24_414.0), None),
            receiver(1, Some(12_207.0), Some(12_320.0)),
        ],
    };
    let summary = |results: Vec<ThroughputRow>, receivers| {
        Event::ThroughputSummary(ThroughputSummary {
            bench: ThroughputName,
            elapsed: Duration::from_millis(88_012),
            receivers,
            trial: Duration::from_secs(10),
            loss_max_ratio: 0.0,
            results,
            verdict: Verdict::default(),
        })
    };
    let all = bounds.map(row).to_vec();
    let one = vec![row(Some(Cause::Path))];
    [summary(all, 2), summary(one, 1), summary(Vec::new(), 0)]
        .map(|summary| shown("bench throughput, the end", [summary]))
        .concat()
}

pub fn step(groups: usize, arrived: [Option<u64>; 2]) -> StepInfo {
    let receiver = |(place, groups): (usize, Option<u64>)| StepReceiver {
        address: ip(RECEIVERS[place]),
        receiver: 0x1234 + place as u64,
        groups,
    };
    let fewest = arrived.iter().min().copied().flatten();
    StepInfo {
        groups,
        passed: fewest == Some(groups as u64),
        fewest,
        receivers: arrived.into_iter().enumerate().map(receiver).collect(),
    }
}

fn steps() -> String {
    let all = [
        step(64, [Some(64), Some(64)]),
        step(128, [Some(128), Some(100)]),
        step(96, [Some(96), None]),
    ];
    shown("bench groups, while it runs", all.iter().map(Event::Step))
}

fn capacities() -> String {
    let summary = |capacity, failed| {
        Event::GroupsSummary(GroupsSummary {
            bench: GroupsName,
            elapsed: Duration::from_millis(12_345),
            receivers: 2,
            capacity,
            failed,
            steps: failed.map(|failed| step(failed, [Some(100), None])).into_iter().collect(),
            verdict: Verdict::default(),
        })
    };
    [summary(Some(100), Some(101)), summary(Some(1024), None), summary(None, Some(1))]
        .map(|summary| shown("bench groups, the end", [summary]))
        .concat()
}

fn verdicts() -> String {
    let interrupt = Stop::Interrupted(Signal::Interrupt);
    let join = verdict::JoinEvidence {
        stop: Stop::Complete,
        cycles: 20,
        planned: 20,
        missed: 0,
        in_vain: 0,
        join_wait: Duration::from_secs(5),
    };
    let throughput = verdict::ThroughputEvidence {
        stop: Stop::Complete,
        receivers: 2,
        vanished: 0,
        sizes: 6,
        done: 3,
        without_rate: 0,
        time_limit: Duration::from_secs(60),
    };
    let groups = verdict::GroupsEvidence {
        stop: Stop::Complete,
        receivers: 2,
        vanished: 0,
        capacity: None,
        time_limit: Duration::from_secs(60),
    };
    let joins = [
        verdict::JoinEvidence { stop: interrupt, cycles: 3, ..join },
        verdict::JoinEvidence { cycles: 1, missed: 1, ..join },
        verdict::JoinEvidence { missed: 2, ..join },
        verdict::JoinEvidence { cycles: 3, in_vain: 3, ..join },
    ];
    let throughputs = [
        verdict::ThroughputEvidence { stop: interrupt, ..throughput },
        verdict::ThroughputEvidence { receivers: 0, ..throughput },
        verdict::ThroughputEvidence { vanished: 1, without_rate: 1, ..throughput },
        verdict::ThroughputEvidence { stop: Stop::Duration, ..throughput },
    ];
    let capacities = [
        verdict::GroupsEvidence { stop: interrupt, ..groups },
        verdict::GroupsEvidence { stop: Stop::Duration, ..groups },
        groups,
    ];
    let reasons = [
        joins.iter().flat_map(|join| verdict::of_join(join).reasons).collect::<Vec<_>>(),
        throughputs.iter().flat_map(|of| verdict::of_throughput(of).reasons).collect(),
        capacities.iter().flat_map(|of| verdict::of_groups(of).reasons).collect(),
    ];
    format!("-- verdicts of benchmarks\n{}", reasons.concat().join("\n"))
}

fn errors() -> String {
    let errors = [
        BenchError::AlreadyMember { group: ip("239.1.1.1"), iface: "eth0".to_owned() },
        BenchError::FrameTooLarge { size: 9018, iface: "eth0".to_owned(), mtu: 1500 },
    ];
    errors.map(|error| format!("error: {error}\n")).concat()
}

fn notices() -> Vec<String> {
    let receiver: IpAddr = ip(RECEIVERS[0]);
    let notices = [
        bench::no_frames(),
        bench::local_sender("10.0.0.100:41234".parse().expect("an address")),
        bench::vanished(receiver, 2),
        bench::vanished(receiver, 0),
    ];
    notices.iter().map(page::notice).collect()
}
