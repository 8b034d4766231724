//! What a receiver is to have measured, as people type it: `loss == 0%`, `delay.p99 < 5ms`, `rate
//! >= 900pps`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::Serialize;

use super::Value;
use crate::units::Rate;

/// What can be asserted. The names are those of the summary's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Datagrams received.
    Datagrams,
    /// Bytes of payload received.
    Bytes,
    /// Datagrams a second.
    Rate,
    /// Bits of payload a second.
    Bitrate,
    /// How many sources were heard.
    Sources,
    /// How many measured streams were heard.
    Streams,
    /// How many measured datagrams should have come.
    Expected,
    /// Lost ones of those expected, as a ratio.
    Loss,
    /// How many were lost.
    Lost,
    /// How many times some were lost in a row.
    LossRunsCount,
    /// The most that were lost in a row.
    LossRunsLongest,
    /// How many came more than once.
    Duplicates,
    /// How many came after later ones.
    Reordered,
    /// How many were not as they were sent.
    Corrupt,
    /// How many were cut.
    Truncated,
    /// How many came on a second interface too.
    InterfaceCopies,
    /// How many were dropped by this host's kernel.
    KernelDrops,
    /// Datagrams that the kernel dropped for a wrong UDP checksum.
    ChecksumErrors,
    /// How many times a stream began again.
    Restarts,
    /// How many were sent before the first that was heard.
    MissedBefore,
    /// How many came with another DSCP than they were sent with.
    DscpChanged,
    /// The longest silence.
    Gap,
    /// The jitter of RFC 3550.
    Jitter,
    /// The one-way delay.
    Delay(Statistic),
    /// The delay variation, against the shortest delay.
    Pdv(Statistic),
    /// The fewest routers on the way.
    HopsMin,
    /// The most routers on the way.
    HopsMax,
}

/// Which one of many measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// The smallest.
    Min,
    /// The mean.
    Mean,
    /// The median.
    P50,
    /// 90 % are at most this.
    P90,
    /// 99 % are at most this.
    P99,
    /// 99.9 % are at most this.
    P999,
    /// The largest.
    Max,
}

/// What a metric is measured in, and so how its values are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueKind {
    Count,
    Ratio,
    /// A time that may be negative, as a delay is where the clocks disagree.
    Delay,
    Time,
    Packets,
    Bits,
}

/// A metric by its name.
type Named = (&'static str, Metric, ValueKind);

/// Every metric: what the parser knows and what its errors list. Names that share what is before
/// their dot stand together.
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

/// Metrics that are told apart by their unit, and so are taken for each other.
const SIBLINGS: [(Metric, Metric); 2] =
    [(Metric::Rate, Metric::Bitrate), (Metric::Loss, Metric::Lost)];

impl Metric {
    /// The names of all of them in a line: `datagrams, bytes, ..., hops.min|max`.
    pub fn list() -> String {
        list(METRICS.iter())
    }
}

/// Names in a line; of those that share what is before their dot, only the first has it.
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

/// How a measured value must compare with the one that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// What the operators are made of.
const OPERATOR_CHARS: [char; 4] = ['=', '!', '<', '>'];

const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::AtMost),
    (">", Operator::More),
    (">=", Operator::AtLeast),
];

/// What people type who know other languages, and what they mean.
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

/// The operators in a line.
fn operators() -> String {
    OPERATORS.map(|(operator, _)| operator).join(" ")
}

/// The operator that was meant.
fn meant(operator: &str) -> &'static str {
    let squeezed = operator.replace(' ', "");
    let mut right = OPERATORS.iter().map(|(right, _)| (*right, *right)).chain(MISTYPED);
    right.find(|(wrong, _)| *wrong == squeezed).map_or("==", |(_, right)| right)
}

/// What a measurement must be: a metric, a comparison, and a value. It is displayed as it was
/// typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    expr: String,
    metric: Metric,
    operator: Operator,
    limit: Value,
}

impl Assertion {
    /// What it is about.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Judges what was measured; `None`, or what is not a number, could not be measured, and fails
    /// whatever the comparison. So does the least that something is, where that does not
    /// decide.
    pub fn judge(&self, measure: impl FnOnce(Metric) -> Option<Value>) -> Judgement {
        let value = measure(self.metric).filter(|value| value.is_number());
        let comparable = value.is_none_or(|value| !value.compare(self.limit).is_empty());
        debug_assert!(
            comparable,
            "{:?} was measured as {value:?}, and is asserted of {:?}",
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

    /// Whether it holds, in each way in which the value may compare with the limit.
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
        // A reason is one line, so a line break is a space here.
        let expr = text.trim().replace(char::is_whitespace, " ");
        let Some(at) = expr.find(OPERATOR_CHARS) else { return Err(no_comparison(&expr)) };
        let (name, rest) = expr.split_at(at);
        let end = rest
            .find(|letter: char| !OPERATOR_CHARS.contains(&letter) && letter != ' ')
            .unwrap_or(rest.len());
        let (operator, typed) = rest.split_at(end);
        let (name, operator, typed) = (name.trim(), operator.trim(), typed.trim());

        if typed.contains(OPERATOR_CHARS) {
            let right = "--assert 'delay.min >= 1ms' --assert 'delay.max < 5ms'";
            return Err(format!(
                "'{expr}' has more than one comparison; give each an option of its own: {right}"
            ));
        }
        let known = OPERATORS.iter().find(|(known, _)| *known == operator);
        let right = known.map_or_else(|| meant(operator), |(known, _)| known);
        let Some(named) = METRICS.iter().find(|(known, ..)| *known == name) else {
            return Err(no_metric(&expr, name, right, typed));
        };
        let Some((_, comparison)) = known else {
            return Err(format!(
                "'{operator}' is none of {}; try '{}'",
                operators(),
                example(named, right, typed)
            ));
        };
        let limit = value(named.2, typed).ok_or_else(|| no_value(named, operator, typed))?;
        Ok(Assertion { metric: named.1, operator: *comparison, limit, expr })
    }
}

/// Reads a value; `None` where it is not of that kind.
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
    // Reading the exponent with the digits rounds once, so that 0.7% is what 7 divided by 1000 is;
    // 0.7 divided by 100 is not.
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
    // A rate is more than nothing elsewhere, so what is nothing is read as one for the sake of its
    // unit.
    let nothing = number.parse() == Ok(0.0_f64);
    let read = if nothing { format!("1{unit}").parse() } else { text.parse() };
    let rate = |rate: f64| if nothing { 0.0 } else { rate };
    match (kind, read) {
        (ValueKind::Packets, _) if text == ZERO => Some(Value::Pps(0.0)),
        (ValueKind::Bits, _) if text == ZERO => Some(Value::Bps(0.0)),
        (ValueKind::Packets, Ok(Rate::Packets(pps))) => Some(Value::Pps(rate(pps))),
        (ValueKind::Bits, Ok(Rate::Bits(bps))) => Some(Value::Bps(rate(bps))),
        _ => None,
    }
}

/// Splits what begins with a number from its unit.
fn split_number(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '-' | '+'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

/// `METRIC OP VALUE` that is right: with the value that was typed, or with the number of it, or
/// with another one.
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
    // The number of "1_000" or "10k" is not the one that was meant.
    let is_whole = matches!(typed_unit, "" | "%") || {
        let one = format!("1{typed_unit}");
        one.parse::<Rate>().is_ok() || one.parse::<SignedDuration>().is_ok()
    };
    let with_number = if is_whole { format!("{number}{unit}") } else { String::new() };
    let right = [typed, &with_number].into_iter().find(|text| value(kind, text).is_some());
    format!("{name} {operator} {}", right.unwrap_or(usual))
}

/// Why a value is refused: what the metric is measured in, and what else could have been meant.
fn no_value(named: &Named, operator: &str, typed: &str) -> String {
    let (name, metric, kind) = *named;
    let what = match kind {
        ValueKind::Count => "a whole number without a unit",
        ValueKind::Ratio => "a percentage from 0% to 100%",
        ValueKind::Delay => "a time with its unit",
        ValueKind::Time => "a time with its unit, never negative",
        ValueKind::Packets => "in datagrams a second (pps)",
        ValueKind::Bits => "in bits of payload a second (bit/s)",
    };
    let mut right = format!("'{}'", example(named, operator, typed));
    // A bare 0.001 may well be a ratio, as the summary has it.
    let bare = typed.parse::<f64>().is_ok_and(|number| number > 0.0 && number < 1.0);
    let percent =
        format!("{typed}e2").parse::<f64>().ok().filter(|_| bare && kind == ValueKind::Ratio);
    if let Some(percent) = percent {
        right += &format!(", or '{name} {operator} {percent}%'");
    }
    let are_siblings = |one: Metric, other: Metric| {
        SIBLINGS.contains(&(one, other)) || SIBLINGS.contains(&(other, one))
    };
    let sibling = METRICS
        .iter()
        .find(|(_, other, kind)| are_siblings(metric, *other) && value(*kind, typed).is_some());
    if let Some(sibling) = sibling {
        right += &format!(", or '{}'", example(sibling, operator, typed));
    }
    if typed.is_empty() {
        return format!("'{name} {operator}' compares with nothing; {name} is {what}; try {right}");
    }
    format!("{name} is {what}, not '{typed}'; try {right}")
}

/// Why a name is refused: a family has members, and what is nearly a name may be meant as one.
fn no_metric(expr: &str, name: &str, operator: &str, typed: &str) -> String {
    if name.is_empty() {
        return format!("'{expr}' names no metric; there are {}", Metric::list());
    }
    let meant = without_units(name);
    let family = meant.split_once('.').map_or(meant.as_str(), |(family, _)| family);
    let members = || {
        METRICS
            .iter()
            .filter(|(known, ..)| known.split_once('.').is_some_and(|(before, _)| before == family))
    };
    // What comes last is the largest, which is meant more often than the smallest where nothing
    // tells them apart.
    if let Some(nearest) =
        members().rev().min_by_key(|(known, ..)| strsim::osa_distance(known, &meant))
    {
        return format!(
            "'{name}' is none of {}; try '{}'",
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
        Some((_, named)) => format!("try '{}', or another of", example(named, operator, typed)),
        None => "there are".to_owned(),
    };
    format!("'{name}' is not a metric; {hint} {}", Metric::list())
}

/// A name as it would be without what the fields of the JSON carry besides.
fn without_units(name: &str) -> String {
    let mut name = name.to_ascii_lowercase().replace('-', "_");
    for unit in ["_ns", "_pps", "_bps", "_ratio"] {
        name = name.replace(unit, "");
    }
    name
}

/// Why something without an operator is refused.
fn no_comparison(expr: &str) -> String {
    let (name, typed) = expr.split_once(' ').unwrap_or((expr, ""));
    let named = METRICS.iter().find(|(known, ..)| *known == name);
    let right =
        named.map_or_else(|| "loss == 0%".to_owned(), |named| example(named, "<=", typed.trim()));
    format!("'{expr}' has no comparison ({}); try '{right}'", operators())
}

/// What became of an assertion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The assertion, as it was typed.
    pub expr: String,
    /// What was measured; `None` where it could not be.
    pub value: Option<Value>,
    /// Whether it is so.
    pub held: bool,
}

impl Judgement {
    /// The reason for a failure: `loss == 0% (1.25 %)`.
    pub fn reason(&self) -> String {
        let Judgement { expr, value, held } = self;
        let Some(value) = value else { return format!("{expr} (not measured)") };
        // "loss <= 1% (1.00 %)" would be no reason: the value has enough digits to contradict the
        // assertion.
        let assertion = expr.parse::<Assertion>();
        let shown = value
            .shown_until(|seen| assertion.as_ref().map_or(true, |said| said.holds(seen) == *held));
        format!("{expr} ({shown})")
    }
}

#[cfg(test)]
mod tests;
