//! The effort of a sender.

use std::io::{self, Write};

use super::human::SHORTEST_RATE;
use crate::assertion::Value;
use crate::event::SendSummary;
use crate::units::words::{count, span};

/// The send delay and the CPU time of a sender, its skipped rounds and its waits.
pub fn lines(summary: &SendSummary, out: &mut dyn Write) -> io::Result<()> {
    // The delay of the first datagram is the time that the program took to start.
    let late = summary.pace_ns.as_ref().filter(|_| summary.meter.datagrams > 1);
    let late = late.map(|late| {
        let [p50, p99, max] = [late.p50, late.p99, late.max].map(Value::Nanos);
        format!("send delay p50 {p50}, p99 {p99}, max {max}")
    });
    let cpu = summary.cpu.filter(|_| summary.elapsed >= SHORTEST_RATE).map(|cpu| {
        let share = 100.0 * cpu.as_secs_f64() / summary.elapsed.as_secs_f64();
        format!("CPU {} ({share:.*} % of a core)", span(cpu), usize::from(share < 10.0))
    });
    if late.is_some() || cpu.is_some() {
        writeln!(out, "  {}", late.into_iter().chain(cpu).collect::<Vec<_>>().join("; "))?;
    }
    if summary.skipped > 0 {
        writeln!(
            out,
            "  skipped {}: could not keep the requested pace",
            count(summary.skipped, "round")
        )?;
    }
    if summary.waits > 0 {
        let times = match summary.waits {
            1 => "once".to_owned(),
            waits => count(waits, "time").to_string(),
        };
        writeln!(out, "  waited {times} for space in the system's send queues")?;
    }
    Ok(())
}
