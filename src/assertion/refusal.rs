//! The errors of assertions. Each shows a correct one.

use jiff::SignedDuration;

use super::limit::{split_number, value};
use super::metric::{Metric, Named, SIBLINGS, ValueKind, Vocabulary, list};
use super::operator::operators;
use crate::units::Rate;

/// A correct `METRIC OP VALUE`, with the typed value or its number if possible.
pub fn example(named: &Named, operator: &str, typed: &str) -> String {
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
pub fn no_value(of: Vocabulary, named: &Named, operator: &str, typed: &str) -> String {
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
    let sibling = of
        .metrics()
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
pub fn no_metric(of: Vocabulary, name: &str, operator: &str, typed: &str) -> String {
    if name.is_empty() {
        return format!("the metric is missing; the metrics are {}", of.list());
    }
    let has_it = |other: &&Vocabulary| other.metrics().iter().any(|(known, ..)| *known == name);
    if let Some(other) = Vocabulary::ALL.iter().find(has_it) {
        return format!(
            "'{name}' is a metric of {}; the metrics of {} are {}",
            other.command(),
            of.command(),
            of.list()
        );
    }
    let meant = without_units(name);
    let family = meant.split_once('.').map_or(meant.as_str(), |(family, _)| family);
    let members = || {
        of.metrics()
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
    let nearest = of.metrics().iter().map(|named| (strsim::osa_distance(named.0, &meant), named));
    let nearest = nearest.filter(|(distance, (known, ..))| {
        let is_part = meant.len() >= 3 && known.contains(&meant);
        is_part || distance * 3 <= meant.chars().count()
    });
    let hint = match nearest.min_by_key(|(distance, _)| *distance) {
        Some((_, named)) => format!("; try '{}'", example(named, operator, typed)),
        None => String::new(),
    };
    format!("unknown metric '{name}'{hint}; the metrics are {}", of.list())
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
pub fn no_comparison(of: Vocabulary, expr: &str) -> String {
    let (name, typed) = expr.split_once(' ').unwrap_or((expr, ""));
    let named = of.metrics().iter().find(|(known, ..)| *known == name);
    let right =
        named.map_or_else(|| "loss == 0%".to_owned(), |named| example(named, "<=", typed.trim()));
    format!("the comparison is missing (use {}); try '{right}'", operators())
}
