//! Errors of values: command lines that clap refuses.

use super::errors::{parse, refused};
use crate::cli::menu;
use crate::units::rcvbuf::RcvbufRequest;

/// Options with a wrong value.
const VALUES: &[&str] = &[
    "mcast recv --timeout 5",
    "mcast recv --timeout soon",
    "mcast recv --timeout 0s",
    "mcast recv --timeout 1ns",
    "mcast recv --count -3",
    "mcast send --probe --size big",
    "mcast send --probe --size 20",
    "mcast send --probe --size 70000",
    "mcast send --ttl 300",
    "mcast send --dscp ef9",
    "mcast send --source-port 0",
    "mcast send --burst 20000",
    "mcast scan --at-once 0",
    "mcast scan 10.0.0.5:5000",
    "mcast send --spin-budget half",
    "mcast send --spin-budget 50",
    "mcast send --spin-budget 0%",
    "mcast send --spin-budget 150%",
    "mcast send --rate fast",
    "mcast send --rate 0pps",
    "mcast send --rate 1000",
    "mcast send --rate 20MB",
    "mcast recv --format voip",
    "mcast recv --format mitch",
    "mcast recv --format rpt",
    "mcast recv --format count=u16le@4",
    "mcast recv --format seq=u32be@4,",
    "mcast recv --format seq=u32be@4,length",
    "mcast recv --format seq=u32be@4,size=u16be@0",
    "mcast recv --format seq=u32be@4,seq=u32be@8",
    "mcast recv --format seq=u32be",
    "mcast recv --format seq=u32be@start",
    "mcast recv --format seq=u32be@65504",
    "mcast recv --format seq=u32@4",
    "mcast recv --format seq=i32be@4",
    "mcast recv --format seq=u32be-ns@4",
    "mcast recv --format seq=u32be@4,count=u16be@6",
    "mcast recv --format seq=u32be@0,time=u64be@4",
    "mcast recv --format seq=u32be@0,time=u64be-h@4",
    "mcast recv --format seq=u32be@0,time=u32be-us@4+u32be-s@8",
    "mcast recv --format seq=u32be@0,key=u64be@4+u8@12",
    "mcast recv --format seq=u32be@0,key=u8@4+u8@5+u8@6",
    "mcast recv --format seq=u32be@0,magic=ouch@4",
    "mcast recv --rcvbuf plenty",
    "mcast recv --rcvbuf 0",
    "mcast recv --rcvbuf 2GiB",
    "mcast recv --rcvbuf 100Mbit",
    "mcast recv --rcvbuf 50ms",
    "mcast recv --rcvbuf 100Mbit/50ms",
    "mcast recv --rcvbuf 100Mbit/1316",
    "mcast recv --rcvbuf 2*100Mbit*50ms",
    "mcast recv --rcvbuf 100Mbit/1316*50ms",
    "mcast recv --rcvbuf 100Mbit*10kpps",
    "mcast recv --rcvbuf 50ms*50ms",
    "mcast recv --rcvbuf 100*50ms",
    "mcast recv --rcvbuf 100Mbit*50",
    "mcast recv --rcvbuf 100Mbit*50ms/0",
    "mcast recv --rcvbuf 10Gbit*5s",
    "mcast recv --rtp-clock fast",
    "mcast recv --rtp-clock 48kbit",
    "mcast recv --rtp-clock 0",
    "mcast recv --source 10.0.0.5:4000",
    "mcast recv --source eth0",
    "mcast recv --assert loss",
    "mcast recv --assert loss~=~0%",
    "mcast recv --assert loss~<~5ms",
    "mcast recv --assert loss~<~5",
    "mcast recv --assert loss~<~0.001",
    "mcast recv --assert lost~==~0%",
    "mcast recv --assert lost~==",
    "mcast recv --assert jitter~>~-5ms",
    "mcast recv --assert delay.p99~<~5",
    "mcast recv --assert rate~>~5Mbit",
    "mcast recv --assert bitrate~>~20MB",
    "mcast recv --assert ==~3",
    "mcast recv --assert delay~<~5ms",
    "mcast recv --assert los~==~0%",
    "mcast recv --assert happiness~>~3",
    "mcast recv --assert 1ms~<~delay.p99~<~5ms",
];

/// Wrong targets.
const TARGETS: &[&str] = &[
    "mcast send :5000",
    "mcast send 10.0.0.5@232.1.1.1:5000",
    "mcast recv udp://",
    "mcast recv 239.1.1.300:5000",
    "mcast recv all-systems.mcast.net:5000",
    "mcast recv 5000",
    "mcast recv 240.0.0.5:5000",
    "mcast recv [ff00::1]:5000",
    "mcast recv [::ffff:239.1.1.1]:5000",
    "mcast recv 239.1.1.1:70000",
    "mcast recv 239.1.1.1:5009-5000",
    "mcast recv [ff15::1:5000",
    "mcast recv ff15::1+4:5000",
    "mcast recv ff15::1:54321",
    "mcast recv [ff15::1]5000",
    "mcast recv 239.1.1.1%eth0:5000",
    "mcast recv --source fd00::5%eth0",
    "mcast recv [ff12::1%e0]-[ff12::2%e1]:5000",
    "mcast recv http://239.1.1.1:5000",
    "mcast recv udp://239.1.1.1:5000?ttl=2",
    "mcast recv @239.1.1.1:5000",
    "mcast recv me@232.1.1.1:5000",
    "mcast recv 239.1.1.2@232.1.1.1:5000",
    "mcast recv 240.0.0.1@232.1.1.1:5000",
    "mcast recv 0.0.0.0@232.1.1.1:5000",
    "mcast recv 255.255.255.255@232.1.1.1:5000",
    "mcast recv [::ffff:10.0.0.5]@[ff3e::1]:5000",
    "mcast recv 2001:db8::5@232.1.1.1:5000",
    "mcast recv 10.0.0.5@10.0.0.9:5000",
    "mcast recv 239.1.1.1+x:5000",
    "mcast recv 239.1.1.1+0:5000",
    "mcast recv 239.1.1.0/33:5000",
    "mcast recv 239.1.1.5/28:5000",
    "mcast recv 239.1.1.9-239.1.1.1:5000",
    "mcast recv 239.1.1.9-[ff15::1]:5000",
    "mcast recv 10.0.0.0/24:5000",
    "mcast recv 239.255.255.255+2:5000",
    "mcast recv 239.0.0.0/8:5000",
    "mcast recv --pair 239.1.1.1:5000",
    "mcast recv --pair 239.1.1.1:5000,239.1.1.300:5000",
    "mcast recv --pair 239.1.1.1:5000,239.1.1.1:5000",
    "mcast recv --pair *:5000,239.1.1.1:5000",
    "mcast recv --pair 239.1.1.0+2:5000,239.2.1.0+3:5000",
];

pub fn samples() -> Vec<String> {
    let lines = VALUES.iter().chain(TARGETS);
    let mut samples: Vec<String> = lines.map(|line| refused(line, &reason(line))).collect();
    let group = [239, 1, 1, 1].into();
    samples.push(format!("-- the menu\n{}  {}", menu::question(group), menu::KEYS));
    let request = "100Mbit*50ms";
    let Ok(cli) = parse(&format!("mcast recv --rcvbuf {request}")) else { return samples };
    if let crate::cli::Command::Recv(args) = cli.command {
        let shown = args.rcvbuf.as_ref().map(RcvbufRequest::to_string).unwrap_or_default();
        samples.push(format!("-- --rcvbuf {request}, in the output\n{shown}"));
    }
    samples
}

/// The error of clap, without its last line about --help.
fn reason(line: &str) -> String {
    let error = parse(line).expect_err(line).to_string();
    let text = error.split("\n\nFor more information").next().unwrap_or_default();
    text.trim_start_matches("error: ").replace("\n\n", "\n")
}
