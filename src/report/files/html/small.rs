//! Small plots: the traffic of each stream, target or receiver, all with the same time.

use maud::{Markup, html};

use super::axis::Axis;
use super::layout;
use super::numbers::{grouped, nanos};
use super::plot::{Kind, Layer, Plot, time};
use super::point::Point;
use super::series::Series;
use crate::assertion::Value;

/// How many small plots a page has.
pub const MOST_PLOTS: usize = 24;

/// A small plot.
pub struct Small<'a> {
    /// What it is about.
    pub name: String,
    /// The result.
    pub note: Markup,
    /// The values over time.
    pub series: &'a Series<Point>,
}

/// The section of these plots; `None` without plots.
pub fn section(title: &str, plots: &[Small], note: Option<String>) -> Option<Markup> {
    let ends = plots.iter().filter_map(|plot| plot.series.points().last());
    let end = ends.map(|point| point.until).reduce(f64::max)?;
    let content = html! {
        ul.multiples {
            @for (position, plot) in plots.iter().enumerate() {
                li {
                    h3 { (plot.name) }
                    p { (plot.note) }
                    (drawn(position, plot.series.points(), end))
                }
            }
        }
        @if let Some(note) = note { p.note { (note) } }
    };
    Some(layout::section("each", title, &content))
}

/// The rate or the times, and the faults below them.
fn drawn(position: usize, points: &[Point], end: f64) -> Markup {
    let x = Axis::of_run(0.0, end);
    let faults = points.iter().map(|point| point.faults.sum()).max().unwrap_or(0);
    let (title, layers, longest) = main(points);
    let peak = points.iter().map(|point| point.rates.most).fold(0.0, f64::max);
    let rate_label = |rate: f64| Value::Pps(rate).to_string();
    let time_label = |time: f64| nanos(time as i64);
    let is_rate = longest.is_none();
    let main = Plot {
        id: format!("main-{position}"),
        title,
        description: match longest {
            Some(longest) => format!("At most {}.", nanos(longest)),
            None => format!("Datagrams per second, at most {}.", Value::Pps(peak)),
        },
        x: if faults > 0 { x.without_labels() } else { x.clone() },
        x_label: time,
        y: Axis::only(longest.map_or(peak, |longest| longest as f64)),
        y_label: if is_rate { &rate_label } else { &time_label },
        layers,
        height: 48,
    };
    if faults == 0 {
        return main.small();
    }
    let below = Plot {
        id: format!("faults-{position}"),
        title: "Losses",
        description: format!("At most {} in a step.", grouped(faults)),
        x,
        x_label: time,
        y: Axis::only(faults as f64),
        y_label: &|count| format!("{} lost", grouped(count as u64)),
        layers: vec![Layer {
            class: "lost-network",
            kind: Kind::Bars,
            parts: parts(points, |point| Some((0.0, point.faults.sum() as f64))),
            name: None,
        }],
        height: 32,
    };
    html! { (main.small()) (below.small()) }
}

/// The rate; of a ping, the round-trip times and the longest of them.
fn main(points: &[Point]) -> (&'static str, Vec<Layer>, Option<i64>) {
    let is_ping = points.iter().all(|point| point.bytes == 0);
    let longest = points.iter().filter_map(|point| Some(point.spread?.max)).max();
    let layer = |class, kind, parts| Layer { class, kind, parts, name: None };
    match longest.filter(|_| is_ping) {
        Some(longest) => {
            let band =
                parts(points, |point| Some((point.spread?.p50 as f64, point.spread?.max as f64)));
            let median = parts(points, |point| Some((0.0, point.spread?.p50 as f64)));
            let layers = vec![
                layer("spread-max", Kind::Area, band),
                layer("spread-p50", Kind::Line, median),
            ];
            ("Round-trip time, p50 to max", layers, Some(longest))
        }
        None => {
            let rate = || parts(points, |point| Some((0.0, point.rate())));
            let layers = vec![
                layer("rate-area", Kind::Area, rate()),
                layer("rate-line", Kind::Line, rate()),
            ];
            ("Rate", layers, None)
        }
    }
}

fn parts(
    points: &[Point],
    range: impl Fn(&Point) -> Option<(f64, f64)>,
) -> Vec<(f64, f64, f64, f64)> {
    let part =
        |point: &Point| range(point).map(|(low, high)| (point.since, point.until, low, high));
    points.iter().filter_map(part).collect()
}
