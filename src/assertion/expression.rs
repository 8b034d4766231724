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
enum Kind {
    Count,
    Ratio,
    /// A time that may be negative, as a delay is where the clocks disagree.
    Delay,
    Time,
    Packets,
    Bits,
}

/// A metric by its name.
type Named = (&'static str, Metric, Kind);

/// Every metric: what the parser knows and what its errors list. Names that share what is before
/// their dot stand together.
const METRICS: [Named; 38] = [
    ("datagrams", Metric::Datagrams, Kind::Count),
    ("bytes", Metric::Bytes, Kind::Count),
    ("rate", Metric::Rate, Kind::Packets),
    ("bitrate", Metric::Bitrate, Kind::Bits),
    ("sources", Metric::Sources, Kind::Count),
    ("streams", Metric::Streams, Kind::Count),
    ("expected", Metric::Expected, Kind::Count),
    ("loss", Metric::Loss, Kind::Ratio),
    ("lost", Metric::Lost, Kind::Count),
    ("loss_runs.count", Metric::LossRunsCount, Kind::Count),
    ("loss_runs.longest", Metric::LossRunsLongest, Kind::Count),
    ("duplicates", Metric::Duplicates, Kind::Count),
    ("reordered", Metric::Reordered, Kind::Count),
    ("corrupt", Metric::Corrupt, Kind::Count),
    ("truncated", Metric::Truncated, Kind::Count),
    ("interface_copies", Metric::InterfaceCopies, Kind::Count),
    ("kernel_drops", Metric::KernelDrops, Kind::Count),
    ("restarts", Metric::Restarts, Kind::Count),
    ("missed_before", Metric::MissedBefore, Kind::Count),
    ("dscp_changed", Metric::DscpChanged, Kind::Count),
    ("gap", Metric::Gap, Kind::Time),
    ("jitter", Metric::Jitter, Kind::Time),
    ("delay.min", Metric::Delay(Statistic::Min), Kind::Delay),
    ("delay.mean", Metric::Delay(Statistic::Mean), Kind::Delay),
    ("delay.p50", Metric::Delay(Statistic::P50), Kind::Delay),
    ("delay.p90", Metric::Delay(Statistic::P90), Kind::Delay),
    ("delay.p99", Metric::Delay(Statistic::P99), Kind::Delay),
    ("delay.p999", Metric::Delay(Statistic::P999), Kind::Delay),
    ("delay.max", Metric::Delay(Statistic::Max), Kind::Delay),
    ("pdv.min", Metric::Pdv(Statistic::Min), Kind::Time),
    ("pdv.mean", Metric::Pdv(Statistic::Mean), Kind::Time),
    ("pdv.p50", Metric::Pdv(Statistic::P50), Kind::Time),
    ("pdv.p90", Metric::Pdv(Statistic::P90), Kind::Time),
    ("pdv.p99", Metric::Pdv(Statistic::P99), Kind::Time),
    ("pdv.p999", Metric::Pdv(Statistic::P999), Kind::Time),
    ("pdv.max", Metric::Pdv(Statistic::Max), Kind::Time),
    ("hops.min", Metric::HopsMin, Kind::Count),
    ("hops.max", Metric::HopsMax, Kind::Count),
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
fn value(kind: Kind, text: &str) -> Option<Value> {
    let value = match kind {
        Kind::Count => text.parse().ok().map(Value::Count),
        Kind::Ratio => ratio(text).map(Value::Ratio),
        Kind::Delay => nanos(text).map(Value::Nanos),
        Kind::Time => nanos(text).filter(|nanos| *nanos >= 0).map(Value::Nanos),
        Kind::Packets | Kind::Bits => rate(text, kind),
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

fn rate(text: &str, kind: Kind) -> Option<Value> {
    let (number, unit) = split_number(text);
    // A rate is more than nothing elsewhere, so what is nothing is read as one for the sake of its
    // unit.
    let nothing = number.parse() == Ok(0.0_f64);
    let read = if nothing { format!("1{unit}").parse() } else { text.parse() };
    let rate = |rate: f64| if nothing { 0.0 } else { rate };
    match (kind, read) {
        (Kind::Packets, _) if text == ZERO => Some(Value::Pps(0.0)),
        (Kind::Bits, _) if text == ZERO => Some(Value::Bps(0.0)),
        (Kind::Packets, Ok(Rate::Packets(pps))) => Some(Value::Pps(rate(pps))),
        (Kind::Bits, Ok(Rate::Bits(bps))) => Some(Value::Bps(rate(bps))),
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
        Kind::Count => ("", "0"),
        Kind::Ratio => ("%", "0.1%"),
        Kind::Delay | Kind::Time => ("ms", "5ms"),
        Kind::Packets => ("pps", "1000pps"),
        Kind::Bits => ("Mbit", "20Mbit"),
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
        Kind::Count => "a whole number without a unit",
        Kind::Ratio => "a percentage from 0% to 100%",
        Kind::Delay => "a time with its unit",
        Kind::Time => "a time with its unit, never negative",
        Kind::Packets => "in datagrams a second (pps)",
        Kind::Bits => "in bits of payload a second (bit/s)",
    };
    let mut right = format!("'{}'", example(named, operator, typed));
    // A bare 0.001 may well be a ratio, as the summary has it.
    let bare = typed.parse::<f64>().is_ok_and(|number| number > 0.0 && number < 1.0);
    let percent = format!("{typed}e2").parse::<f64>().ok().filter(|_| bare && kind == Kind::Ratio);
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
    /// The sentence that says why it failed: `loss == 0%: it was 1.25 %`.
    pub fn reason(&self) -> String {
        let Judgement { expr, value, held } = self;
        let Some(value) = value else { return format!("{expr}: it could not be measured") };
        // "loss <= 1%: it was 1.00 %" would be no reason: there are as many digits as it takes to
        // see that it is one.
        let assertion = expr.parse::<Assertion>();
        let shown = value
            .shown_until(|seen| assertion.as_ref().map_or(true, |said| said.holds(seen) == *held));
        format!("{expr}: it was {shown}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn read(text: &str) -> Assertion {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refusal(text: &str) -> String {
        match text.parse::<Assertion>() {
            Ok(assertion) => panic!("{text} is {assertion:?}"),
            Err(error) => error,
        }
    }

    #[test]
    fn an_assertion_is_a_metric_a_comparison_and_a_value() {
        use Operator::{AtLeast, AtMost, Equal, Less, More, NotEqual};
        for (text, metric, operator, limit) in [
            ("loss == 0%", Metric::Loss, Equal, Value::Ratio(0.0)),
            ("loss <= 0.1%", Metric::Loss, AtMost, Value::Ratio(0.001)),
            ("loss<0.7 %", Metric::Loss, Less, Value::Ratio(0.007)),
            ("loss == 0", Metric::Loss, Equal, Value::Ratio(0.0)),
            ("loss == 100%", Metric::Loss, Equal, Value::Ratio(1.0)),
            ("delay.p99 < 5ms", Metric::Delay(Statistic::P99), Less, Value::Nanos(5_000_000)),
            ("delay.min>-1.5us", Metric::Delay(Statistic::Min), More, Value::Nanos(-1500)),
            ("delay.mean >= 0", Metric::Delay(Statistic::Mean), AtLeast, Value::Nanos(0)),
            ("pdv.p999 < 10 us", Metric::Pdv(Statistic::P999), Less, Value::Nanos(10_000)),
            ("gap <= 1m30s", Metric::Gap, AtMost, Value::Nanos(90_000_000_000)),
            ("jitter == 0ms", Metric::Jitter, Equal, Value::Nanos(0)),
            ("rate >= 900pps", Metric::Rate, AtLeast, Value::Pps(900.0)),
            ("rate > 0", Metric::Rate, More, Value::Pps(0.0)),
            ("rate > 0kpps", Metric::Rate, More, Value::Pps(0.0)),
            ("bitrate >= 20 Mbit/s", Metric::Bitrate, AtLeast, Value::Bps(2e7)),
            ("bitrate == 0", Metric::Bitrate, Equal, Value::Bps(0.0)),
            ("bitrate == 0Mbit", Metric::Bitrate, Equal, Value::Bps(0.0)),
            ("datagrams == 1000", Metric::Datagrams, Equal, Value::Count(1000)),
            ("bytes != 18446744073709551615", Metric::Bytes, NotEqual, Value::Count(u64::MAX)),
            ("  hops.max<=4\n", Metric::HopsMax, AtMost, Value::Count(4)),
            ("loss_runs.longest\t<\n3", Metric::LossRunsLongest, Less, Value::Count(3)),
        ] {
            let assertion = read(text);
            assert_eq!(
                (assertion.metric, assertion.operator, assertion.limit),
                (metric, operator, limit),
                "{text}"
            );
        }
    }

    #[test]
    fn it_is_displayed_as_it_was_typed_on_one_line() {
        for (text, shown) in
            [(" loss==0% ", "loss==0%"), ("gap  <  2 s", "gap  <  2 s"), ("gap <\n2s", "gap < 2s")]
        {
            assert_eq!(read(text).to_string(), shown);
        }
    }

    #[test]
    fn a_refusal_says_why_and_shows_a_right_one() {
        for (text, why) in [
            ("loss = 0%", "'=' is none of == != < <= > >=; try 'loss == 0%'"),
            ("loss =< 1%", "'=<' is none of == != < <= > >=; try 'loss <= 1%'"),
            ("loss=>1%", "'=>' is none of == != < <= > >=; try 'loss >= 1%'"),
            ("lost <> 0", "try 'lost != 0'"),
            ("lost < = 2", "try 'lost <= 2'"),
            ("lost << 2", "try 'lost == 2'"),
            (
                "los = 0%",
                "'los' is not a metric; try 'loss == 0%', or another of datagrams, bytes, rate",
            ),
            ("dup == 0", "try 'duplicates == 0'"),
            ("kernel-drops == 0", "try 'kernel_drops == 0'"),
            ("Loss < 5%", "'Loss' is not a metric; try 'loss < 5%'"),
            ("loss_ratio < 5%", "try 'loss < 5%'"),
            ("delay_ns.p99 < 5ms", "try 'delay.p99 < 5ms'"),
            ("jiter < 5ms", "try 'jitter < 5ms'"),
            ("datagarms == 3", "try 'datagrams == 3'"),
            ("happiness > 3", "'happiness' is not a metric; there are datagrams, bytes"),
            ("happiness > 3", "hops.min|max"),
            ("== 3", "'== 3' names no metric; there are datagrams"),
            (
                "delay < 5ms",
                "'delay' is none of delay.min|mean|p50|p90|p99|p999|max; try 'delay.max < 5ms'",
            ),
            (
                "delay.p95 < 5ms",
                "'delay.p95' is none of delay.min|mean|p50|p90|p99|p999|max; try 'delay.p99 < 5ms'",
            ),
            ("pdv.p42 < 5", "'pdv.p42' is none of pdv.min|mean|p50|p90|p99|p999|max"),
            ("hops <= 4", "'hops' is none of hops.min|max; try 'hops.max <= 4'"),
            ("loss_runs == 0", "'loss_runs' is none of loss_runs.count|longest; try"),
            ("loss < 5ms", "loss is a percentage from 0% to 100%, not '5ms'; try 'loss < 5%'"),
            ("loss < 5", "not '5'; try 'loss < 5%', or 'lost < 5'"),
            ("loss < 0.001", "try 'loss < 0.001%', or 'loss < 0.1%'"),
            ("loss < 101%", "from 0% to 100%, not '101%'; try 'loss < 0.1%'"),
            ("loss > -1%", "not '-1%'; try 'loss > 0.1%'"),
            ("loss < nan%", "not 'nan%'; try"),
            ("loss < %", "not '%'; try"),
            (
                "delay.p99 < 5%",
                "delay.p99 is a time with its unit, not '5%'; try 'delay.p99 < 5ms'",
            ),
            ("delay.p99 < 5", "not '5'; try 'delay.p99 < 5ms'"),
            ("delay.p99 < 5ms or so", "not '5ms or so'; try 'delay.p99 < 5ms'"),
            ("delay.p99 < 10000000h", "not '10000000h'; try 'delay.p99 < "),
            (
                "jitter > -5ms",
                "jitter is a time with its unit, never negative, not '-5ms'; try 'jitter > 5ms'",
            ),
            ("gap < inf", "not 'inf'; try 'gap < 5ms'"),
            (
                "lost == 0%",
                "lost is a whole number without a unit, not '0%'; try 'lost == 0', or 'loss == 0%'",
            ),
            ("lost == 1.5", "not '1.5'; try 'lost == 0'"),
            ("lost == -1", "not '-1'; try 'lost == 0'"),
            ("datagrams == 10k", "not '10k'; try 'datagrams == 0'"),
            ("datagrams == 1_000", "not '1_000'; try 'datagrams == 0'"),
            ("datagrams == 18446744073709551616", "not '18446744073709551616'"),
            (
                "rate > 5Mbit",
                "rate is in datagrams a second (pps), not '5Mbit'; try 'rate > 5pps', or 'bitrate \
                 > 5Mbit'",
            ),
            ("rate > 900", "not '900'; try 'rate > 900pps'"),
            ("rate > infpps", "not 'infpps'; try 'rate > 1000pps'"),
            ("bitrate > 20MB", "bit/s), not '20MB'; try 'bitrate > 20Mbit'"),
            ("bitrate > 900pps", "or 'rate > 900pps'"),
            (
                "lost ==",
                "'lost ==' compares with nothing; lost is a whole number without a unit; try \
                 'lost == 0'",
            ),
            ("lost", "'lost' has no comparison (== != < <= > >=); try 'lost <= 0'"),
            ("loss 2%", "'loss 2%' has no comparison (== != < <= > >=); try 'loss <= 2%'"),
            ("", "'' has no comparison (== != < <= > >=); try 'loss == 0%'"),
            ("lost == 0 && loss == 0%", "'lost == 0 && loss == 0%' has more than one comparison"),
            (
                "1ms < delay.p99 < 5ms",
                "give each an option of its own: --assert 'delay.min >= 1ms' --assert",
            ),
        ] {
            let error = refusal(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn only_a_delay_can_be_negative() {
        for (name, metric, _) in METRICS {
            let is_delay = matches!(metric, Metric::Delay(_));
            assert_eq!(format!("{name} > -1ns").parse::<Assertion>().is_ok(), is_delay, "{name}");
        }
    }

    #[test]
    fn a_rate_too_large_to_be_a_number_is_refused() {
        let digits = "9".repeat(305);
        assert!(refusal(&format!("bitrate < {digits}Gbit")).contains("try 'bitrate < "));
    }

    #[test]
    fn every_metric_has_one_name() {
        for (at, (name, metric, _)) in METRICS.iter().enumerate() {
            assert!(
                METRICS[..at].iter().all(|(other, known, _)| other != name && known != metric),
                "{name}"
            );
        }
        assert_eq!(
            Metric::list(),
            "datagrams, bytes, rate, bitrate, sources, streams, expected, loss, lost, \
             loss_runs.count|longest, duplicates, reordered, corrupt, truncated, \
             interface_copies, kernel_drops, restarts, missed_before, dscp_changed, gap, jitter, \
             delay.min|mean|p50|p90|p99|p999|max, pdv.min|mean|p50|p90|p99|p999|max, hops.min|max"
        );
    }

    #[test]
    fn a_ratio_is_what_the_division_gives() {
        for lost in 0..=1000_u32 {
            let typed = format!("loss == {}.{}%", lost / 10, lost % 10);
            assert!(
                read(&typed).judge(|_| Some(Value::Ratio(f64::from(lost) / 1000.0))).held,
                "{typed}"
            );
        }
    }

    #[test]
    fn counts_are_compared_to_the_last_digit() {
        let many = read("bytes == 18446744073709551615");
        assert!(many.judge(|_| Some(Value::Count(u64::MAX))).held);
        assert!(!many.judge(|_| Some(Value::Count(u64::MAX - 1))).held);
    }

    #[test]
    fn what_could_not_be_measured_fails_whatever_the_comparison() {
        for (operator, _) in OPERATORS {
            for value in [None, Some(Value::Ratio(f64::NAN))] {
                let judgement = read(&format!("loss {operator} 0%")).judge(|_| value);
                assert_eq!((judgement.held, judgement.value), (false, None));
                assert_eq!(
                    judgement.reason(),
                    format!("loss {operator} 0%: it could not be measured")
                );
            }
        }
    }

    #[test]
    fn only_the_metric_that_is_asserted_is_measured() {
        let assertion = read("pdv.p99 < 5ms");
        let judgement = assertion
            .judge(|metric| (metric == Metric::Pdv(Statistic::P99)).then_some(Value::Nanos(1)));
        assert!(judgement.held && assertion.metric() == Metric::Pdv(Statistic::P99));
    }

    #[test]
    fn the_reason_has_the_digits_that_make_it_one() {
        for (text, value, reason) in [
            ("loss == 0%", Value::Ratio(0.0125), "loss == 0%: it was 1.25 %"),
            ("loss == 0%", Value::Ratio(1e-7), "loss == 0%: it was 0.0000100 %"),
            ("loss <= 1%", Value::Ratio(0.010_004), "loss <= 1%: it was 1.0004 %"),
            ("lost == 0", Value::Count(12), "lost == 0: it was 12"),
            ("delay.p99 < 38us", Value::Nanos(38_000), "delay.p99 < 38us: it was 38.0 us"),
            ("delay.p99 <= 38us", Value::Nanos(38_001), "delay.p99 <= 38us: it was 38.001 us"),
            ("delay.min >= 0", Value::Nanos(-1234), "delay.min >= 0: it was -1.23 us"),
            ("rate >= 1kpps", Value::Pps(999.9), "rate >= 1kpps: it was 999.9 pps"),
            ("bitrate != 20Mbit", Value::Bps(2e7), "bitrate != 20Mbit: it was 20.0 Mbit/s"),
        ] {
            let judgement = read(text).judge(|_| Some(value));
            assert_eq!((judgement.held, judgement.reason().as_str()), (false, reason));
        }
    }

    #[test]
    fn a_judgement_is_what_the_summary_says_of_it() {
        let json = |value| serde_json::to_string(&read(" loss == 0%").judge(|_| value)).unwrap();
        assert_eq!(
            json(Some(Value::Ratio(0.5))),
            r#"{"expr":"loss == 0%","value":0.5,"held":false}"#
        );
        assert_eq!(
            json(Some(Value::Ratio(0.0))),
            r#"{"expr":"loss == 0%","value":0.0,"held":true}"#
        );
        assert_eq!(json(None), r#"{"expr":"loss == 0%","value":null,"held":false}"#);
    }

    /// A whole number as a value of a kind: as it could be typed, and what is to be read. Times and
    /// ratios have decimals.
    fn typed(kind: Kind, number: i64) -> (String, Value) {
        let size = number.unsigned_abs();
        let decimal = format!("{}.{:03}", size / 1000, size % 1000);
        match kind {
            Kind::Count => (size.to_string(), Value::Count(size)),
            Kind::Ratio => (format!("{decimal}%"), Value::Ratio(size as f64 / 100_000.0)),
            Kind::Delay if number < 0 => (format!("-{decimal}us"), Value::Nanos(number)),
            Kind::Delay | Kind::Time => (format!("{decimal}us"), Value::Nanos(size as i64)),
            Kind::Packets => (format!("{size}pps"), Value::Pps(size as f64)),
            Kind::Bits => (format!("{size}bit"), Value::Bps(size as f64)),
        }
    }

    /// Whether a comparison holds of whole numbers, said in the slow and obvious way.
    fn is_so(operator: &str, value: i64, limit: i64) -> bool {
        match operator {
            "==" => value == limit,
            "!=" => value != limit,
            "<" => value < limit,
            "<=" => [value < limit, value == limit].contains(&true),
            ">" => value > limit,
            ">=" => [value > limit, value == limit].contains(&true),
            other => unreachable!("{other}"),
        }
    }

    /// The examples in a refusal.
    fn examples(refusal: &str) -> Vec<String> {
        let tries = refusal.rsplit_once("; try ").map_or("", |(_, tries)| tries);
        tries.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
    }

    proptest! {
        #[test]
        fn judging_agrees_with_a_slow_comparison(
            limit in -100_000..=100_000_i64, off in prop_oneof![Just(0), -2..=2_i64, -100_000..=100_000_i64], space in " {0,2}"
        ) {
            for (name, metric, kind) in METRICS {
                for (operator, _) in OPERATORS {
                    // Only a delay can be negative, and a loss of more than all is none.
                    let of_kind = |number: i64| if kind == Kind::Delay { number } else { number.abs() };
                    let (limit, value) = (of_kind(limit), of_kind(limit.saturating_add(off)));
                    let (text, read_limit) = typed(kind, limit);
                    let text = format!("{name}{space}{operator}{space}{text}");
                    let assertion = text.parse::<Assertion>().map_err(TestCaseError::fail)?;
                    prop_assert_eq!((assertion.metric(), assertion.limit), (metric, read_limit));
                    prop_assert_eq!(assertion.to_string().parse::<Assertion>(), Ok(assertion.clone()));
                    prop_assert_eq!(assertion.to_string(), text.as_str());

                    let measured = typed(kind, value).1;
                    let judgement = assertion.judge(|_| Some(measured));
                    prop_assert_eq!(judgement.held, is_so(operator, value, limit), "{} of {:?}", text, measured);
                    let reason = judgement.reason();
                    prop_assert!(reason.starts_with(&text) && reason.contains(": it was "), "{}", reason);
                    prop_assert!(!assertion.judge(|_| None).held);
                }
            }
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,30}") {
            let _ = text.parse::<Assertion>();
        }

        #[test]
        fn whatever_is_wrong_with_a_part_what_is_shown_instead_is_right(
            name in prop_oneof![select(METRICS.map(|(name, ..)| name).to_vec()).prop_map(str::to_owned), "[a-z._]{0,8}", "delay[.a-z0-9]{0,5}"],
            operator in "[=!<>]{0,3}| < = ",
            value in prop_oneof!["-?[0-9]{0,3}(\\.[0-9]{0,2})?(%|ms|pps|kpps|Mbit|k|_0|GB| x)?", "\\PC{0,12}"],
        ) {
            let text = format!("{name} {operator} {value}");
            match text.parse::<Assertion>() {
                Ok(assertion) => prop_assert_eq!(assertion.to_string(), text.trim()),
                Err(error) => {
                    let examples = examples(&error);
                    let lists = ["; there are ", "names no metric", "more than one comparison"];
                    prop_assert!(!examples.is_empty() || lists.iter().any(|list| error.contains(list)), "{}: {}", text, error);
                    for example in examples {
                        prop_assert!(example.parse::<Assertion>().is_ok(), "{}: {}", text, error);
                    }
                }
            }
        }
    }

    #[test]
    fn the_least_that_something_is_decides_what_it_can() {
        // What at least 3 and what exactly 3 comes to; `None` is not measured.
        for (expr, at_least, exactly) in [
            ("kernel_drops == 0", Some(false), false),
            ("kernel_drops == 3", None, true),
            ("kernel_drops == 4", None, false),
            ("kernel_drops != 2", Some(true), true),
            ("kernel_drops != 3", None, false),
            ("kernel_drops < 3", Some(false), false),
            ("kernel_drops < 4", None, true),
            ("kernel_drops <= 2", Some(false), false),
            ("kernel_drops <= 3", None, true),
            ("kernel_drops > 2", Some(true), true),
            ("kernel_drops > 3", None, false),
            ("kernel_drops >= 3", Some(true), true),
            ("kernel_drops >= 4", None, false),
        ] {
            let assertion: Assertion = expr.parse().unwrap();
            let judged = assertion.judge(|_| Some(Value::AtLeast(3)));
            assert_eq!(
                (judged.value.map(|_| judged.held), judged.held),
                (at_least, at_least == Some(true)),
                "{expr}"
            );
            let reason =
                if at_least.is_none() { "it could not be measured" } else { "it was at least 3" };
            assert_eq!(judged.reason(), format!("{expr}: {reason}"));
            assert_eq!(assertion.judge(|_| Some(Value::Count(3))).held, exactly, "{expr}");
        }
    }
}
