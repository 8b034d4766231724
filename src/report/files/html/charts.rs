//! The plots of a run over time.

use maud::Markup;

use super::axis::Axis;
use super::numbers::{grouped, nanos, percent};
use super::plot::{Kind, Layer, Plot, time};
use super::point::{Faults, Point};
use super::series::Series;
use crate::assertion::Value;
use crate::stats::delay::{Delays, Quantiles};

/// The height of a plot of the whole run, in pixels.
const HEIGHT: u32 = 150;

/// The bars of a histogram.
const BARS: u32 = 40;

/// The parts of a layer: one for each point.
fn parts(
    points: &[Point],
    range: impl Fn(&Point) -> Option<(f64, f64)>,
) -> Vec<(f64, f64, f64, f64)> {
    let part =
        |point: &Point| range(point).map(|(low, high)| (point.since, point.until, low, high));
    points.iter().filter_map(part).collect()
}

/// The time of the run.
fn over(points: &[Point]) -> Axis {
    let from = points.first().map_or(0.0, |point| point.since);
    Axis::of_run(from.min(0.0), points.last().map_or(1.0, |point| point.until))
}

fn most(points: &[Point], value: impl Fn(&Point) -> f64) -> f64 {
    points.iter().map(value).fold(0.0, f64::max)
}

/// How much of the time a point covers, if that is more than one interval.
fn covered(series: &Series<Point>) -> String {
    match (series.each(), series.points().first()) {
        (2.., Some(first)) => format!(" Each step covers {}.", time(first.length().round())),
        _ => String::new(),
    }
}

/// Datagrams a second.
pub fn rate(series: &Series<Point>, title: &str) -> Option<Markup> {
    let points = series.points();
    let total: u64 = points.iter().map(|point| point.datagrams).sum();
    if total == 0 {
        return None;
    }
    let peak = most(points, |point| point.rates.most);
    let bits = most(points, Point::bit_rate);
    let mut layers = vec![
        Layer {
            class: "rate-area",
            kind: Kind::Area,
            parts: parts(points, |point| Some((0.0, point.rate()))),
            name: None,
        },
        Layer {
            class: "rate-line",
            kind: Kind::Line,
            parts: parts(points, |point| Some((0.0, point.rate()))),
            name: (series.each() > 1).then_some("mean"),
        },
    ];
    if series.each() > 1 {
        layers.push(Layer {
            class: "rate-band",
            kind: Kind::Area,
            parts: parts(points, |point| Some((point.rates.least, point.rates.most))),
            name: Some("lowest to highest"),
        });
    }
    let description = format!(
        "Datagrams per second, at most {} ({}).{}",
        Value::Pps(peak),
        Value::Bps(bits),
        covered(series)
    );
    let plot = Plot {
        id: "rate".to_owned(),
        title,
        description,
        x: over(points),
        x_label: time,
        y: Axis::linear(0.0, peak),
        y_label: &pps,
        layers,
        height: HEIGHT,
    };
    Some(plot.figure())
}

/// A rate at an axis.
pub fn pps(rate: f64) -> String {
    match rate {
        0.0 => "0".to_owned(),
        rate => trimmed(&Value::Pps(rate).to_string()),
    }
}

/// `1.50 kpps` as `1.5 kpps`, `10.0 us` as `10 us`.
fn trimmed(value: &str) -> String {
    match value.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number} {unit}")
        }
        _ => value.to_owned(),
    }
}

/// The places of faults, each with its class and its name.
pub struct Places {
    /// The title of the plot.
    pub title: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// Above the line.
    pub first: (&'static str, &'static str),
    /// Above the first ones.
    pub second: (&'static str, &'static str),
    /// Below the line: the place differs without colours, too.
    pub third: (&'static str, &'static str),
}

/// Faults by place, as bars above and below a line. `known` describes them better than their sums.
pub fn faults(series: &Series<Point>, places: &Places, known: Option<String>) -> Option<Markup> {
    let points = series.points();
    let above = |of: Faults| (of.first + of.second) as f64;
    let up = most(points, |point| above(point.faults));
    let down = most(points, |point| point.faults.third as f64);
    if up + down == 0.0 {
        return None;
    }
    let sum = |of: fn(Faults) -> u64| points.iter().map(|point| of(point.faults)).sum::<u64>();
    let totals = [sum(|of| of.first), sum(|of| of.second), sum(|of| of.third)];
    let Places { title, unit, first, second, third } = *places;
    let bars = |(class, name), total, range: &dyn Fn(Faults) -> (f64, f64)| Layer {
        class,
        kind: Kind::Bars,
        parts: parts(points, |point| Some(range(point.faults))),
        name: (total > 0).then_some(name),
    };
    let layers = vec![
        bars(first, totals[0], &|of| (0.0, of.first as f64)),
        bars(second, totals[1], &|of| (of.first as f64, above(of))),
        bars(third, totals[2], &|of| (0.0, -(of.third as f64))),
    ];
    let named = [first, second, third].into_iter().zip(totals).filter(|(_, total)| *total > 0);
    let named: Vec<String> =
        named.map(|((_, name), total)| format!("{} {name}", grouped(total))).collect();
    let sums = || format!("In {unit}: {}.", named.join(", "));
    let direction = match (up > 0.0, down > 0.0) {
        (true, true) => format!(" Bars that point down: {}.", third.1),
        _ => String::new(),
    };
    let plot = Plot {
        id: "faults".to_owned(),
        title,
        description: format!("{}{direction}{}", known.unwrap_or_else(sums), covered(series)),
        x: over(points),
        x_label: time,
        y: Axis::linear(-down, up),
        y_label: &|count| grouped(count.abs() as u64),
        layers,
        height: HEIGHT,
    };
    Some(plot.figure())
}

/// The median, the 99th percentile and the maximum of a time as a band.
pub fn spread(series: &Series<Point>, title: &str) -> Option<Markup> {
    let points = series.points();
    let spreads = || points.iter().filter_map(|point| point.spread);
    let longest = spreads().map(|spread| spread.max).max()?;
    let shortest = spreads().map(|spread| spread.p50).min()?;
    let y = Axis::of_times(shortest as f64, longest as f64);
    let layer = |class, kind, name, range: fn(&super::point::Spread) -> (i64, i64)| Layer {
        class,
        kind,
        parts: parts(points, |point| {
            let (low, high) = range(point.spread.as_ref()?);
            Some((low as f64, high as f64))
        }),
        name: Some(name),
    };
    let layers = vec![
        layer("spread-max", Kind::Area, "p99 to max", |spread| (spread.p99, spread.max)),
        layer("spread-p99", Kind::Area, "p50 to p99", |spread| (spread.p50, spread.p99)),
        layer("spread-p50", Kind::Line, "p50", |spread| (0, spread.p50)),
    ];
    let scale = if y.is_logarithmic() { " The scale is logarithmic." } else { "" };
    let description =
        format!("Per interval, at most {}.{scale}{}", nanos(longest), covered(series));
    let plot = Plot {
        id: "spread".to_owned(),
        title,
        description,
        x: over(points),
        x_label: time,
        y,
        y_label: &duration,
        layers,
        height: HEIGHT,
    };
    Some(plot.figure())
}

/// A time in ns at an axis.
pub fn duration(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { trimmed(&nanos(value as i64)) }
}

/// The longest time between two datagrams.
pub fn gaps(series: &Series<Point>) -> Option<Markup> {
    let points = series.points();
    let longest = points.iter().filter_map(|point| point.gap).max()?;
    let shortest = points.iter().filter_map(|point| point.gap).min()?;
    let y = Axis::of_times(shortest as f64, longest as f64);
    let floor = y.low;
    let layers = vec![Layer {
        class: "gap",
        kind: Kind::Bars,
        parts: parts(points, |point| Some((floor, point.gap? as f64))),
        name: None,
    }];
    let scale = if y.is_logarithmic() { " The scale is logarithmic." } else { "" };
    let description = format!(
        "The longest time without a datagram per interval, at most {}.{scale}{}",
        nanos(longest),
        covered(series)
    );
    let plot = Plot {
        id: "gaps".to_owned(),
        title: "Gaps",
        description,
        x: over(points),
        x_label: time,
        y,
        y_label: &duration,
        layers,
        height: 90,
    };
    Some(plot.figure())
}

/// The distribution of a time. Bars have equal widths up to the 99th percentile. If that would
/// hide the structure, each bar is wider than the one before by the same factor.
pub fn histogram(times: &Delays, spread: &Quantiles, title: &str) -> Option<Markup> {
    let total = times.count();
    if total < 2 {
        return None;
    }
    let x = Axis::of_distribution(
        spread.min as f64,
        spread.p50 as f64,
        spread.p99 as f64,
        spread.max as f64,
    );
    let edges: Vec<i64> =
        (1..=BARS).map(|bar| x.value(f64::from(bar) / f64::from(BARS)).round() as i64).collect();
    let up_to = times.up_to(&edges);
    let (mut before, mut from) = (0, x.low);
    let mut bars = Vec::new();
    for (edge, up_to) in edges.iter().zip(&up_to) {
        bars.push((from, *edge as f64, 0.0, up_to.saturating_sub(before) as f64));
        (before, from) = (*up_to, *edge as f64);
    }
    let longer = total.saturating_sub(before);
    let highest = bars.iter().map(|bar| bar.3).fold(0.0, f64::max);
    let [min, p50, p99, max] = [spread.min, spread.p50, spread.p99, spread.max].map(nanos);
    let mut description =
        format!("{} values: min {min}, p50 {p50}, p99 {p99}, max {max}.", grouped(total));
    if x.is_logarithmic() {
        description += " The scale of the times is logarithmic.";
    } else if longer > 0 {
        let part = percent(longer as f64 / total as f64);
        description += &format!(" {} of them ({part}) are longer than the plot.", grouped(longer));
    }
    let plot = Plot {
        id: "histogram".to_owned(),
        title,
        description,
        x,
        x_label: duration,
        y: Axis::linear(0.0, highest),
        y_label: &|count| grouped(count as u64),
        layers: vec![Layer { class: "bar", kind: Kind::Bars, parts: bars, name: None }],
        height: HEIGHT,
    };
    Some(plot.figure())
}
