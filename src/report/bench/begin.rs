//! The first line of a benchmark.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::event::{BenchingGroups, BenchingJoin, BenchingThroughput, Origin, TargetInfo};
use crate::report::human::rate;
use crate::report::style::Paint;
use crate::units::rcvbuf::format_duration;
use crate::units::words::{count, list};

/// The first lines of `bench throughput`.
pub fn throughput(ready: &BenchingThroughput, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let sizes: Vec<String> = ready.frame_bytes.iter().map(u16::to_string).collect();
    target("benchmarking", &ready.target, paint, out)?;
    writeln!(
        out,
        ": frames of {} bytes, trials of {}, up to {:#}",
        list(&sizes),
        format_duration(ready.trial),
        ready.max.rate()
    )
}

/// The first line of `bench join`.
pub fn join(ready: &BenchingJoin, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    target("joining", &ready.target, paint, out)?;
    let from =
        if ready.sees_frames { "from the report on the wire" } else { "from the call of mcast" };
    writeln!(out, ", {}: latencies {from}", count(ready.cycles.into(), "time"))
}

/// The first line of `bench groups`.
pub fn groups(ready: &BenchingGroups, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    target("benchmarking", &ready.target, paint, out)?;
    writeln!(
        out,
        ": up to {}, {} to each, {}pps",
        count(ready.groups as u64, "group"),
        count(ready.datagrams_per_group, "datagram"),
        rate(ready.rate_pps)
    )
}

fn target(verb: &str, target: &TargetInfo, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let to = SocketAddr::new(target.group, target.port);
    write!(out, "{verb} {}", paint.strong(to))?;
    if let Some(mac) = target.mac {
        write!(out, " {}", paint.faint(format_args!("({mac})")))?;
    }
    match target.source {
        Some(Origin::Socket(source)) => write!(out, " from {source}")?,
        Some(Origin::Address(source)) => write!(out, " from {source}")?,
        None => {}
    }
    write!(out, " on {}", target.iface)?;
    target.ttl.map_or(Ok(()), |ttl| write!(out, ", TTL {ttl}"))
}
