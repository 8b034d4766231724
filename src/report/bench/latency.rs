//! A table of latencies, and their histograms.

use std::io::{self, Write};
use std::time::Duration;

use crate::assertion::Value;
use crate::event::{Bin, LatencyInfo};
use crate::report::style::Paint;

/// The longest bar of a histogram.
const LONGEST_BAR: usize = 40;

/// A time with three digits and a unit.
pub fn time(time: Duration) -> String {
    Value::Nanos(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)).to_string()
}

/// A time, or a dash.
pub fn time_or_dash(of: Option<Duration>) -> String {
    of.map_or_else(|| "-".to_owned(), time)
}

/// The table of the latencies that were measured.
pub fn table(
    rows: &[(&str, Option<&LatencyInfo>)],
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let titles = ["count", "min", "mean", "p50", "p99", "max"];
    let titles: String = titles.iter().map(|title| format!("{title:>11}")).collect();
    writeln!(out, "{}", paint.faint(format_args!("{:<14}{titles}", "latency")))?;
    for (name, info) in rows {
        let Some(info) = info else { continue };
        let times = [info.min, info.mean, info.p50, info.p99, info.max].map(time);
        let times: String = times.iter().map(|time| format!("{time:>11}")).collect();
        writeln!(out, "{name:<14}{:>11}{times}", info.count)?;
    }
    Ok(())
}

/// The distribution of latencies that differ.
pub fn histogram(title: &str, info: &LatencyInfo, out: &mut dyn Write) -> io::Result<()> {
    let Some(most) = info.histogram.iter().map(|bin| bin.count).max().filter(|_| info.count > 1)
    else {
        return Ok(());
    };
    writeln!(out, "\n{title}")?;
    let ranges: Vec<String> = info.histogram.iter().map(range).collect();
    let width = ranges.iter().map(|range| range.chars().count()).max().unwrap_or(0);
    for (bin, range) in info.histogram.iter().zip(&ranges) {
        let bar = "#".repeat((bin.count * LONGEST_BAR).div_ceil(most));
        let line = format!("  {range:>width$}  {:>5}  {bar}", bin.count);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn range(bin: &Bin) -> String {
    format!("{} to {}", time(bin.from), time(bin.to))
}
