//! The screens of a sender, a ping and a scan.

use std::net::SocketAddr;
use std::time::Duration;

use super::samples::{at, ip, sending, sent, via};
use super::{pings, receivers, scans};
use crate::event::{
    Event, PingSummary, Pinging, Program, ReceiversReport, ReplyInfo, ScannedTarget, Scanning,
    SendInterval, Sending, TargetInfo, TargetTotals,
};
use crate::report::live::{Key, Rig};
use crate::target::Zoned;
use crate::units::Rate;

pub fn screens() -> Vec<String> {
    [sender(), ping(), scan()].concat()
}

fn screen(title: &str, rig: &mut Rig) -> String {
    format!("-- {title}\n{}", rig.screen(80, 24))
}

fn target(last: u8, datagrams: u64, errors: u64) -> TargetTotals {
    TargetTotals {
        group: ip(&format!("239.1.1.{last}")),
        port: 5000,
        iface: "eth0".to_owned(),
        datagrams,
        bytes: datagrams * 64,
        errors,
        impaired: super::results::impaired_target().impaired.filter(|_| last == 1),
    }
}

fn sender() -> Vec<String> {
    let mut rig = Rig::new("send", "mcast send 239.1.1.1+2:5000 --probe --reports 1s --live");
    let end = at("239.1.1.1", via("eth0"));
    let source = "10.0.0.100:41234".parse().expect("an address");
    let targets = vec![TargetInfo::to(&end, source, Some(1))];
    let reports = Some(Duration::from_secs(1));
    rig.event(&Event::Sending(Sending { targets, reports, ..sending() }));
    let mut screens = vec![screen("send --live, at the start", &mut rig)];
    for second in 0..6 {
        rig.pass(1000);
        let elapsed = Duration::from_secs(second + 1);
        rig.event(&Event::SendInterval(SendInterval {
            since: Duration::from_secs(second),
            elapsed: Duration::from_secs(1),
            meter: sent(2000).meter,
            errors: u64::from(second == 4),
            skipped: second,
            waits: second,
            targets: vec![target(1, 1000, 0), target(2, 1000, u64::from(second == 4))],
        }));
        if second > 1 {
            let receivers = receivers::info(receivers::mixed());
            rig.event(&Event::Receivers(ReceiversReport { elapsed, receivers }));
        }
    }
    screens.push(screen("send --live, with errors", &mut rig));
    rig.press([Key::Tab, Key::End]);
    screens.push(screen("send --live, the receivers that report", &mut rig));
    screens
}

fn reply(number: u64) -> ReplyInfo<'static> {
    let source: SocketAddr = "10.0.0.101:52000".parse().expect("an address");
    ReplyInfo {
        source: Zoned::socket(source, Some("eth0")),
        receiver: 7,
        group: ip("239.1.1.1"),
        port: 5000,
        iface: "eth0",
        unicast: false,
        seq: number,
        len_bytes: 112,
        rtt_ns: 190_000 + (number as i64 * 7919) % 50_000,
        hops_to: Some(1),
        hops_back: Some(1),
        duplicate: false,
        names_target: false,
    }
}

fn ping() -> Vec<String> {
    let mut rig = Rig::new("ping", "mcast ping 239.1.1.1:5000 --live");
    let end = at("239.1.1.1", via("eth0"));
    let source = "10.0.0.100:41234".parse().expect("an address");
    rig.event(&Event::Pinging(Pinging {
        program: Program::default(),
        targets: vec![TargetInfo::to(&end, source, Some(1))],
        interval: Duration::from_millis(100),
        count: None,
        wait: Duration::from_secs(1),
        len_bytes: 112,
        unicast: false,
        reply_budget_pps: 1000,
        expected: Some(3),
    }));
    let mut screens = vec![screen("ping --live, at the start", &mut rig)];
    for second in 0..5 {
        (0..10).for_each(|number| rig.event(&Event::Reply(reply(second * 10 + number))));
        let elapsed = Duration::from_secs(second + 28);
        let summary = PingSummary { elapsed, ..pings::several() };
        rig.event(&Event::PingProgress(&summary));
    }
    screens.push(screen("ping --live, with losses each way", &mut rig));
    rig.press([Key::End]);
    screens.push(screen("ping --live, a receiver that no longer answers", &mut rig));
    screens
}

fn scan() -> Vec<String> {
    let mut rig = Rig::new("scan", "mcast scan 239.1.1.0/24:5000 --live");
    let scanning = |targets: Vec<ScannedTarget<'static>>, discover| Scanning {
        program: Program::default(),
        targets,
        ifaces: vec!["eth0"],
        discover,
        dwell: Duration::from_secs(2),
        at_once: 64,
        budget: Rate::Bits(1e8).into(),
        sees_frames: false,
    };
    let discover = Some(Duration::from_secs(10));
    rig.event(&Event::Scanning(scanning(Vec::new(), discover)));
    let mut screens = vec![screen("scan --live, while it looks for groups", &mut rig)];
    scans::found().iter().for_each(|found| rig.event(&Event::Found(found)));
    rig.progress(0.6, Duration::from_secs(3));
    rig.press([Key::Down]);
    screens.push(screen("scan --live", &mut rig));
    screens
}
