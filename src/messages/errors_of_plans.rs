//! Errors of plans: command lines that this host cannot carry out.

use std::net::IpAddr;

use super::errors::{parse, refused};
use crate::cli::Command;
use crate::cli::menu::Answer;
use crate::host::Commands;
use crate::iface::{Address, Interface, Wanted};
use crate::input::StandardInput;
use crate::plan::iface_error::down as iface_down;
use crate::plan::{self, Bench, Check, Host, Ping, PlanError, Recv, Scan, Send};
use crate::target::TargetRange;

/// Command lines for a host with several interfaces.
const REFUSED: &[&str] = &[
    "mcast recv --iface eth9",
    "mcast recv --iface fe80::1",
    "mcast recv --iface ask",
    "mcast send",
    "mcast send --iface d0",
    "mcast send --iface n0",
    "mcast send 10.9.9.9:5000",
    "mcast send --iface e1 [ff02::1%e0]:5000",
    "mcast recv [ff02::1]:5000",
    "mcast recv 10.0.0.9:5000",
    "mcast recv 10.0.0.100:5000 --iface e1",
    "mcast recv 232.1.1.1:5000 --iface e0 --source fd00::5",
    "mcast recv [ff15::1]:5000 --iface e0 --source fe80::5%e1",
    "mcast recv 10.0.0.100:5000 --source 10.0.0.5",
    "mcast recv 10.0.0.5@232.1.1.1:5000 --iface e0 --exclude 10.0.0.6",
    "mcast recv 10.0.0.5@232.1.1.1:5000 232.1.1.1:5000 --iface e0",
    "mcast recv 0.0.0.0:5000 239.1.1.1:5000 --iface e0",
    "mcast recv 239.0.0.0/16:5000 --iface e0 --iface e1",
    "mcast check 239.1.1.1+4:5000",
    "mcast check 10.0.0.5:5000",
    "mcast bench throughput --iface e0 224.0.0.251:5353 --force",
    "mcast bench throughput --iface e0 10.0.0.5:5000",
    "mcast bench throughput --iface e0 --max-rate 1Gbit",
    "mcast bench throughput --iface e0 --time-limit 2h",
    "mcast bench throughput --iface e0 [ff15::1]:5000 --size 94",
    "mcast bench join --iface e0 239.1.1.1+4:5000",
    "mcast bench join --iface e0 --iface e1",
    "mcast send --iface e0 --message= --rate 1Mbit --count 1",
    "mcast send --iface e0 --lines --poisson",
    "mcast send --iface e0 --lines --rate 1Mbit",
    "mcast send --iface e0 --impair loss=1%,seed=7 --seed 8",
    "mcast send --iface e0 --probe --size 1472 --rate 100kpps --impair delay=1s",
    "mcast send --iface e0 --file x.ts --pace pcr --rate 5Mbit",
    "mcast send --iface e0 --file x.ts --pace rate",
    "mcast send --iface e0 --file x.ts --rtp --size 1400",
    "mcast send --iface e0 --flood",
    "mcast send --iface e0 --interval 1us",
    "mcast send --iface e0 224.0.0.1:5000 --rate 2kpps",
    "mcast ping --iface e0 224.0.0.1:5000 -i 250us",
    "mcast send --iface e0 255.255.255.255:5000 --burst 2000",
    "mcast send --iface e0 --probe --size 65527",
    "mcast send --iface e0 --probe --size 20",
    "mcast send --iface e0 --probe --reports 1s --size 100",
    "mcast send --iface e0 --message tick --size 2",
    "mcast send --iface e0 --message= --size 100",
    "mcast send --iface e0 --replay x.pcap --speed max --loop",
];

pub fn samples() -> Vec<String> {
    let ask = |_: IpAddr, _: &[&Interface]| Answer::NoTerminal;
    let close = |_: IpAddr, _: &[&Interface]| Answer::Closed;
    let host = Host::with(interfaces(), &ask);
    let mut samples: Vec<String> = REFUSED.iter().map(|line| sample(line, &host)).collect();
    samples.push(sample("mcast recv", &Host::with(interfaces(), &close)));
    let loopback = vec![interface(1, "lo", &["127.0.0.1/8"])];
    samples.push(sample("mcast recv --iface all", &Host::with(loopback, &ask)));
    samples.push(sample("mcast recv --iface e0", &Host::with(Vec::new(), &ask)));
    let down = [Commands::FreeBsd, Commands::Windows].map(|commands| iface_down("d0", commands));
    samples.extend(down.map(|reason| format!("error: cannot send on d0: {reason}")));
    let default = [Wanted::Default("eth9".to_owned())];
    let unknown = host.endpoints(&[TargetRange::default()], &default).expect_err("no eth9");
    let text = unknown.to_string();
    let text = text.lines().take(2).collect::<Vec<_>>().join("\n");
    samples.push(refused("MCAST_IFACE=eth9 mcast send", &text));
    samples.push(refused("mcast recv -o raw", &PlanError::RawToTerminal.to_string()));
    for (len, line) in [(0, "mcast send -m -"), (65_527, "mcast send 239.1.1.1:5000 -m -")] {
        samples.push(refused(line, &read_message(len, &host).to_string()));
    }
    for (line, error) in [
        ("mcast send --file x.txt --rtp", PlanError::NotAStream),
        ("mcast send --file - --loop", PlanError::Unrepeatable),
        ("mcast send --file x.ts", PlanError::NoPcr { packets: 40_000 }),
        ("mcast ping --expect x.txt", PlanError::NoneExpected { place: "'x.txt'".to_owned() }),
        (
            "mcast ping --expect x.txt",
            PlanError::ExpectedTooLong { place: "'x.txt'".to_owned(), most: 16 << 20 },
        ),
        (
            "mcast ping --expect x.txt",
            PlanError::NotAnAddress {
                place: "'x.txt'".to_owned(),
                line: 7,
                word: "router-1".to_owned(),
            },
        ),
        ("mcast recv --write -", PlanError::RecordingToTerminal),
        ("mcast recv --write - -o raw", PlanError::TwoOutputs),
        ("mcast recv --write - --write-limit 1m", PlanError::LimitOfOutput),
    ] {
        samples.push(refused(line, &error.to_string()));
    }
    let pipe = PlanError::OnePass("standard input".to_owned());
    samples.push(refused("mcast send --replay - --loop", &pipe.to_string()));
    let error = crate::capture::ReadError::Empty;
    let empty = PlanError::Capture { place: "'x.pcap'".to_owned(), error, tip: String::new() };
    samples.push(refused("mcast send --replay x.pcap", &empty.to_string()));
    let ask = PlanError::IfaceOfCapture("ask".to_owned()).to_string();
    samples.push(refused("mcast recv --read capture.pcap --iface ask", &ask));
    samples.push(command_for_sender(&host));
    samples
}

/// The first sample shows the list of interfaces, the others only its heading.
fn sample(line: &str, host: &Host) -> String {
    const HEADING: &str = "interfaces of this host:";
    let error = plan(line, host).expect_err(line).to_string();
    match error.split_once(HEADING) {
        Some((text, _)) if line != REFUSED[0] => refused(line, &format!("{text}{HEADING} ...")),
        _ => refused(line, &error),
    }
}

fn plan(line: &str, host: &Host) -> Result<(), PlanError> {
    match parse(line).expect(line).command {
        Command::Recv(args) => Recv::new(&args, host).map(drop),
        Command::Send(args) => Send::new(&args, host, &StandardInput::Other).map(drop),
        Command::Scan(args) => Scan::new(&args, host).map(drop),
        Command::Ping(args) => Ping::new(&args, host, None).map(drop),
        Command::Check(args) => Check::new(&args, host).map(drop),
        Command::Bench(args) => Bench::new(&args, host).map(drop),
        Command::Ifaces(_) | Command::Completions(_) | Command::Man(_) => Ok(()),
    }
}

/// The error of `--message -` with this many bytes on standard input.
fn read_message(len: usize, host: &Host) -> PlanError {
    let Command::Send(args) = parse("mcast send --iface e0 -m -").expect("a line").command else {
        unreachable!("the command is send")
    };
    Send::new(&args, host, &StandardInput::Message(vec![0; len])).expect_err("no message")
}

/// The command that `check --listen` shows for the other host.
fn command_for_sender(host: &Host) -> String {
    let range: TargetRange = "239.1.1.1:5000".parse().expect("a target");
    let iface = Wanted::Named("e0".to_owned());
    let check: plan::Check = host.check(&range, Some(&iface), true, None).expect("a plan");
    format!("-- on the sender\n{}", check.command_for_sender().unwrap_or_default())
}

fn interfaces() -> Vec<Interface> {
    let down = Interface { up: false, ..interface(5, "d0", &["10.2.0.100/24"]) };
    vec![
        interface(1, "lo", &["127.0.0.1/8"]),
        interface(2, "e0", &["10.0.0.100/24", "fe80::1/64"]),
        interface(3, "e1", &["10.1.0.100/24", "fe80::1/64"]),
        interface(4, "n0", &[]),
        down,
    ]
}

fn interface(index: u32, name: &str, addresses: &[&str]) -> Interface {
    let address = |text: &&str| {
        let (ip, prefix) = text.split_once('/').expect("a prefix");
        Address { ip: ip.parse().expect("an address"), prefix: prefix.parse().ok() }
    };
    Interface {
        name: name.to_owned(),
        index,
        addresses: addresses.iter().map(address).collect(),
        up: true,
        multicast: name != "lo",
        loopback: name == "lo",
        ..Interface::default()
    }
}
