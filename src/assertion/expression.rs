//! The language of `--assert`: `loss == 0%`, `delay.p99 < 5ms`, `rate >= 900pps`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::Serialize;

use super::Value;
use crate::units::Rate;

/// A measured quantity. The names are those of the summary's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Datagrams received.
    Datagrams,
    /// Bytes of payload received.
    Bytes,
    /// Datagrams per second.
    Rate,
    /// Bits of payload per second.
    Bitrate,
    /// Source addresses.
    Sources,
    /// Measured streams.
    Streams,
    /// Measured datagrams that were sent, as far as the receiver can detect.
    Expected,
    /// Lost datagrams divided by expected ones, 0 to 1.
    Loss,
    /// Lost datagrams.
    Lost,
    /// Runs of consecutive losses (RFC 3357).
    LossRunsCount,
    /// The longest run of consecutive losses.
    LossRunsLongest,
    /// Datagrams that arrived again (RFC 5560).
    Duplicates,
    /// Datagrams that arrived after later ones (RFC 4737).
    Reordered,
    /// Datagrams with a changed payload.
    Corrupt,
    /// Datagrams with a cut payload.
    Truncated,
    /// Datagrams that arrived on a further interface, too.
    InterfaceCopies,
    /// Datagrams that this host's kernel dropped: the receive buffer was full.
    KernelDrops,
    /// Datagrams that the kernel dropped: the UDP checksum was wrong.
    ChecksumErrors,
    /// Streams that began again.
    Restarts,
    /// Datagrams that were sent before the first received one.
    MissedBefore,
    /// Datagrams that arrived with a changed DSCP.
    DscpChanged,
    /// The longest time without a datagram.
    Gap,
    /// Interarrival jitter (RFC 3550, 6.4.1).
    Jitter,
    /// One-way delay (RFC 7679).
    Delay(Statistic),
    /// Delay variation, relative to the shortest delay (RFC 5481).
    Pdv(Statistic),
    /// The fewest routers on the path.
    HopsMin,
    /// The most routers on the path.
    HopsMax,
}

/// A statistic over all measurements of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// The smallest.
    Min,
    /// The mean.
    Mean,
    /// The median.
    P50,
    /// The 90th percentile.
    P90,
    /// The 99th percentile.
    P99,
    /// The 99.9th percentile.
    P999,
    /// The largest.
    Max,
}

/// The kind of a metric's values, which decides their syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueKind {
    Count,
    Ratio,
    /// A time that may be negative: a delay is, if the clocks disagree.
    Delay,
    Time,
    Packets,
    Bits,
}

type Named = (&'static str, Metric, ValueKind);

/// Every metric that the parser accepts. Names of one family (`delay.min`) are consecutive, which
/// [`list`] relies on.
const METRICS: [Named; 39] = [
    ("datagrams", Metric::Datagrams, ValueKind::Count),
    ("bytes", Metric::Bytes, ValueKind::Count),
    ("rate", Metric::Rate, ValueKind::Packets),
    ("bitrate", Metric::Bitrate, ValueKind::Bits),
    ("sources", Metric::Sources, ValueKind::Count),
    ("streams", Metric::Streams, ValueKind::Count),
    ("expected", Metric::Expected, ValueKind::Count),
    ("loss", Metric::Loss, ValueKind::Ratio),
    ("lost", Metric::Lost, ValueKind::Count),
    ("loss_runs.count", Metric::LossRunsCount, ValueKind::Count),
    ("loss_runs.longest", Metric::LossRunsLongest, ValueKind::Count),
    ("duplicates", Metric::Duplicates, ValueKind::Count),
    ("reordered", Metric::Reordered, ValueKind::Count),
    ("corrupt", Metric::Corrupt, ValueKind::Count),
    ("truncated", Metric::Truncated, ValueKind::Count),
    ("interface_copies", Metric::InterfaceCopies, ValueKind::Count),
    ("kernel_drops", Metric::KernelDrops, ValueKind::Count),
    ("checksum_errors", Metric::ChecksumErrors, ValueKind::Count),
    ("restarts", Metric::Restarts, ValueKind::Count),
    ("missed_before", Metric::MissedBefore, ValueKind::Count),
    ("dscp_changed", Metric::DscpChanged, ValueKind::Count),
    ("gap", Metric::Gap, ValueKind::Time),
    ("jitter", Metric::Jitter, ValueKind::Time),
    ("delay.min", Metric::Delay(Statistic::Min), ValueKind::Delay),
    ("delay.mean", Metric::Delay(Statistic::Mean), ValueKind::Delay),
    ("delay.p50", Metric::Delay(Statistic::P50), ValueKind::Delay),
    ("delay.p90", Metric::Delay(Statistic::P90), ValueKind::Delay),
    ("delay.p99", Metric::Delay(Statistic::P99), ValueKind::Delay),
    ("delay.p999", Metric::Delay(Statistic::P999), ValueKind::Delay),
    ("delay.max", Metric::Delay(Statistic::Max), ValueKind::Delay),
    ("pdv.min", Metric::Pdv(Statistic::Min), ValueKind::Time),
    ("pdv.mean", Metric::Pdv(Statistic::Mean), ValueKind::Time),
    ("pdv.p50", Metric::Pdv(Statistic::P50), ValueKind::Time),
    ("pdv.p90", Metric::Pdv(Statistic::P90), ValueKind::Time),
    ("pdv.p99", Metric::Pdv(Statistic::P99), ValueKind::Time),
    ("pdv.p999", Metric::Pdv(Statistic::P999), ValueKind::Time),
    ("pdv.max", Metric::Pdv(Statistic::Max), ValueKind::Time),
    ("hops.min", Metric::HopsMin, ValueKind::Count),
    ("hops.max", Metric::HopsMax, ValueKind::Count),
];

/// Metrics that users confuse: only the unit differs.
const SIBLINGS: [(Metric, Metric); 2] =
    [(Metric::Rate, Metric::Bitrate), (Metric::Loss, Metric::Lost)];

impl Metric {
    /// All names in one line: `datagrams, bytes, ..., hops.min|max`.
    pub fn list() -> String {
        list(METRICS.iter())
    }
}

/// Names in one line. Only the first name of a family is complete: `hops.min|max`.
fn list<'a>(metrics: impl Iterator<Item = &'a Named>) -> String {
    let (mut line, mut family) = (String::new(), None);
    for (name, ..) in metrics {
        match name.split_once('.') {
            Some((before, after)) if family == Some(before) => line += &format!("|{after}"),
            dotted => {
                line += if line.is_empty() { "" } else { ", " };
                line += name;
                family = dotted.map(|(before, _)| before);
            }
        }
    }
    line
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

const OPERATOR_CHARS: [char; 4] = ['=', '!', '<', '>'];

const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::AtMost),
    (">", Operator::More),
    (">=", Operator::AtLeast),
];

/// Operators of other languages, and ours with the same meaning.
const MISTYPED: [(&str, &str); 7] = [
    ("=", "=="),
    ("===", "=="),
    ("=<", "<="),
    ("=>", ">="),
    ("<>", "!="),
    ("!", "!="),
    ("!==", "!="),
];

impl Operator {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Operator::Equal => ordering.is_eq(),
            Operator::NotEqual => ordering.is_ne(),
            Operator::Less => ordering.is_lt(),
            Operator::AtMost => ordering.is_le(),
            Operator::More => ordering.is_gt(),
            Operator::AtLeast => ordering.is_ge(),
        }
    }
}

fn operators() -> String {
    OPERATORS.map(|(operator, _)| operator).join(" ")
}

/// The most likely correction of an operator.
fn meant(operator: &str) -> &'static str {
    let squeezed = operator.replace(' ', "");
    let mut right = OPERATORS.iter().map(|(right, _)| (*right, *right)).chain(MISTYPED);
    right.find(|(wrong, _)| *wrong == squeezed).map_or("==", |(_, right)| right)
}

/// A metric, a comparison, and a value. Its `Display` is the text that was parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    expr: String,
    metric: Metric,
    operator: Operator,
    limit: Value,
}

impl Assertion {
    /// The left side of the comparison.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Compares the measured value. `None`, or a value that is not a number, was not measured and
    /// fails with every operator. A lower bound that does not decide the comparison fails, too.
    pub fn judge(&self, measure: impl FnOnce(Metric) -> Option<Value>) -> Judgement {
        let value = measure(self.metric).filter(|value| value.is_number());
        let comparable = value.is_none_or(|value| !value.compare(self.limit).is_empty());
        debug_assert!(
            comparable,
            "{:?} was measured as {value:?}, but is compared with {:?}",
            self.metric, self.limit
        );
        let held = value.and_then(|value| self.decided(value));
        Judgement {
            expr: self.expr.clone(),
            value: value.filter(|_| held.is_some()),
            held: held == Some(true),
        }
    }

    fn holds(&self, value: Value) -> bool {
        self.decided(value) == Some(true)
    }

    /// `None` if the value is a lower bound, and the comparison depends on the true value.
    fn decided(&self, value: Value) -> Option<bool> {
        let mut ways =
            value.compare(self.limit).iter().map(|ordering| self.operator.holds(*ordering));
        let first = ways.next()?;
        ways.all(|other| other == first).then_some(first)
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expr)
    }
}

impl FromStr for Assertion {
    type Err = String;

    /// Reads `METRIC OP VALUE`, with or without spaces between them.
    fn from_str(text: &str) -> Result<Self, String> {
        // A reason of the verdict is one line.
        let expr = text.trim().replace(char::is_whitespace, " ");
        let Some(at) = expr.find(OPERATOR_CHARS) else { return Err(no_comparison(&expr)) };
        let (name, rest) = expr.split_at(at);
        let end = rest
            .find(|letter: char| !OPERATOR_CHARS.contains(&letter) && letter != ' ')
            .unwrap_or(rest.len());
        let (operator, typed) = rest.split_at(end);
        let (name, operator, typed) = (name.trim(), operator.trim(), typed.trim());

        if typed.contains(OPERATOR_CHARS) {
            return Err("must be one comparison; for example --assert 'delay.min >= 1ms' \
                        --assert 'delay.max < 5ms'"
                .to_owned());
        }
        let known = OPERATORS.iter().find(|(known, _)| *known == operator);
        let right = known.map_or_else(|| meant(operator), |(known, _)| known);
        let Some(named) = METRICS.iter().find(|(known, ..)| *known == name) else {
            return Err(no_metric(name, right, typed));
        };
        let Some((_, comparison)) = known else {
            return Err(format!(
                "unknown operator '{operator}' (use {}); try '{}'",
                operators(),
                example(named, right, typed)
            ));
        };
        let limit = value(named.2, typed).ok_or_else(|| no_value(named, operator, typed))?;
        Ok(Assertion { metric: named.1, operator: *comparison, limit, expr })
    }
}

/// `None` if the value is of another kind.
fn value(kind: ValueKind, text: &str) -> Option<Value> {
    let value = match kind {
        ValueKind::Count => text.parse().ok().map(Value::Count),
        ValueKind::Ratio => ratio(text).map(Value::Ratio),
        ValueKind::Delay => nanos(text).map(Value::Nanos),
        ValueKind::Time => nanos(text).filter(|nanos| *nanos >= 0).map(Value::Nanos),
        ValueKind::Packets | ValueKind::Bits => rate(text, kind),
    };
    value.filter(|value| value.is_number())
}

/// Zero needs no unit.
const ZERO: &str = "0";

fn ratio(text: &str) -> Option<f64> {
    if text == ZERO {
        return Some(0.0);
    }
    let (number, unit) = split_number(text);
    // Parsing the exponent with the digits rounds once: 0.7% equals 7 divided by 1000. 0.7 divided
    // by 100 would round twice and differ.
    let ratio: f64 = format!("{number}e-2").parse().ok()?;
    (unit == "%" && (0.0..=1.0).contains(&ratio)).then_some(ratio)
}

fn nanos(text: &str) -> Option<i64> {
    if text == ZERO {
        return Some(0);
    }
    let time: SignedDuration = text.parse().ok()?;
    i64::try_from(time.as_nanos()).ok()
}

fn rate(text: &str, kind: ValueKind) -> Option<Value> {
    let (number, unit) = split_number(text);
    // `Rate` refuses zero; parse the unit with a 1 in its place.
    let is_zero = number.parse() == Ok(0.0_f64);
    let read = if is_zero { format!("1{unit}").parse() } else { text.parse() };
    let rate = |rate: f64| if is_zero { 0.0 } else { rate };
    match (kind, read) {
        (ValueKind::Packets, _) if text == ZERO => Some(Value::Pps(0.0)),
        (ValueKind::Bits, _) if text == ZERO => Some(Value::Bps(0.0)),
        (ValueKind::Packets, Ok(Rate::Packets(pps))) => Some(Value::Pps(rate(pps))),
        (ValueKind::Bits, Ok(Rate::Bits(bps))) => Some(Value::Bps(rate(bps))),
        _ => None,
    }
}

/// Splits a number from its unit.
fn split_number(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '-' | '+'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

/// A correct `METRIC OP VALUE`, with the typed value or its number if possible.
fn example(named: &Named, operator: &str, typed: &str) -> String {
    let (name, _, kind) = *named;
    let (unit, usual) = match kind {
        ValueKind::Count => ("", "0"),
        ValueKind::Ratio => ("%", "0.1%"),
        ValueKind::Delay | ValueKind::Time => ("ms", "5ms"),
        ValueKind::Packets => ("pps", "1000pps"),
        ValueKind::Bits => ("Mbit", "20Mbit"),
    };
    let (number, typed_unit) = split_number(typed);
    // In "1_000" or "10k" the digits before the unit are not the intended number.
    let is_whole = matches!(typed_unit, "" | "%") || {
        let one = format!("1{typed_unit}");
        one.parse::<Rate>().is_ok() || one.parse::<SignedDuration>().is_ok()
    };
    let with_number = if is_whole { format!("{number}{unit}") } else { String::new() };
    let right = [typed, &with_number].into_iter().find(|text| value(kind, text).is_some());
    format!("{name} {operator} {}", right.unwrap_or(usual))
}

/// The error for a value of the wrong kind, with a correct value and a likely other metric.
fn no_value(named: &Named, operator: &str, typed: &str) -> String {
    let (name, metric, kind) = *named;
    let what = match kind {
        ValueKind::Count => "a whole number without a unit",
        ValueKind::Ratio => "a percentage from 0% to 100%",
        ValueKind::Delay => "a time with a unit",
        ValueKind::Time => "a non-negative time with a unit",
        ValueKind::Packets => "datagrams per second (pps)",
        ValueKind::Bits => "bits of payload per second (bit/s)",
    };
    let mut right = format!("'{}'", example(named, operator, typed));
    // A bare 0.001 may be a ratio, as in the JSON summary.
    let bare = typed.parse::<f64>().is_ok_and(|number| number > 0.0 && number < 1.0);
    let percent =
        format!("{typed}e2").parse::<f64>().ok().filter(|_| bare && kind == ValueKind::Ratio);
    if let Some(percent) = percent {
        right += &format!(" or '{name} {operator} {percent}%'");
    }
    let are_siblings = |one: Metric, other: Metric| {
        SIBLINGS.contains(&(one, other)) || SIBLINGS.contains(&(other, one))
    };
    let sibling = METRICS
        .iter()
        .find(|(_, other, kind)| are_siblings(metric, *other) && value(*kind, typed).is_some());
    if let Some(sibling) = sibling {
        right += &format!(" or '{}'", example(sibling, operator, typed));
    }
    if typed.is_empty() {
        return format!("the value is missing ({name} takes {what}); try {right}");
    }
    format!("{name} takes {what}, not '{typed}'; try {right}")
}

/// The error for an unknown metric, with the members of a family or a similar name.
fn no_metric(name: &str, operator: &str, typed: &str) -> String {
    if name.is_empty() {
        return format!("the metric is missing; the metrics are {}", Metric::list());
    }
    let meant = without_units(name);
    let family = meant.split_once('.').map_or(meant.as_str(), |(family, _)| family);
    let members = || {
        METRICS
            .iter()
            .filter(|(known, ..)| known.split_once('.').is_some_and(|(before, _)| before == family))
    };
    // Of equally similar members the last wins: users mean the maximum more often than the minimum.
    if let Some(nearest) =
        members().rev().min_by_key(|(known, ..)| strsim::osa_distance(known, &meant))
    {
        return format!(
            "unknown metric '{name}' (use {}); try '{}'",
            list(members()),
            example(nearest, operator, typed)
        );
    }
    let nearest = METRICS.iter().map(|named| (strsim::osa_distance(named.0, &meant), named));
    let nearest = nearest.filter(|(distance, (known, ..))| {
        let is_part = meant.len() >= 3 && known.contains(&meant);
        is_part || distance * 3 <= meant.chars().count()
    });
    let hint = match nearest.min_by_key(|(distance, _)| *distance) {
        Some((_, named)) => format!("; try '{}'", example(named, operator, typed)),
        None => String::new(),
    };
    format!("unknown metric '{name}'{hint}; the metrics are {}", Metric::list())
}

/// A name without the units of JSON fields: `delay_ns.p99` is `delay.p99`.
fn without_units(name: &str) -> String {
    let mut name = name.to_ascii_lowercase().replace('-', "_");
    for unit in ["_ns", "_pps", "_bps", "_ratio"] {
        name = name.replace(unit, "");
    }
    name
}

/// The error for a text without an operator.
fn no_comparison(expr: &str) -> String {
    let (name, typed) = expr.split_once(' ').unwrap_or((expr, ""));
    let named = METRICS.iter().find(|(known, ..)| *known == name);
    let right =
        named.map_or_else(|| "loss == 0%".to_owned(), |named| example(named, "<=", typed.trim()));
    format!("the comparison is missing (use {}); try '{right}'", operators())
}

/// The result of an assertion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The text of the assertion.
    pub expr: String,
    /// The measured value; `None` if it was not measured.
    pub value: Option<Value>,
    /// Whether the assertion passed.
    pub held: bool,
}

impl Judgement {
    /// The reason of a failure: `loss == 0% (1.25 %)`.
    pub fn reason(&self) -> String {
        let Judgement { expr, value, held } = self;
        let Some(value) = value else { return format!("{expr} (value unknown)") };
        // "loss <= 1% (1.00 %)" would not explain the failure: show enough digits.
        let assertion = expr.parse::<Assertion>();
        let shown = value.shown_until(|seen| {
            assertion.as_ref().map_or(true, |assertion| assertion.holds(seen) == *held)
        });
        format!("{expr} ({shown})")
    }
}

#[cfg(test)]
mod tests;
