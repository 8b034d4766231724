//! Rewrites a line with options of other tools.

use super::foreign::foreign_target;
use super::line::{Line, Part};
use super::port::with_port;
use super::table::{FOREIGN_OPTIONS, ForeignOption, Place, Takes};
use crate::target::TargetRange;
use crate::units::order::sort_by_key;

/// A rewritten line.
pub struct Rewritten {
    /// The line.
    pub line: Line,
    /// The reason for the first change.
    pub why: &'static str,
    /// A correct line of this kind.
    pub example: Option<&'static str>,
}

/// Whether an option that `command` lacks takes the word `next` as its value.
pub fn takes_next(command: &str, option: &str, next: Option<&str>) -> bool {
    let fitting = rows(command, option).find(|row| match row.takes {
        Takes::If(fits) => next.is_some_and(fits),
        _ => true,
    });
    fitting.is_some_and(|row| match row.takes {
        Takes::Never => false,
        Takes::Value => next.is_some(),
        Takes::If(fits) | Takes::Maybe(fits) => next.is_some_and(fits),
    })
}

/// Rewrites a line. `None` if the table has none of its parts. `has` returns whether mcast has an
/// option.
pub fn rewrite(line: &Line, has: impl Fn(&str) -> bool) -> Option<Rewritten> {
    let (mut parts, mut ports) = (Vec::new(), None);
    let iperf = is_of_iperf(line, &has);
    let mut first: Option<(&'static str, Option<&'static str>)> = None;
    for part in &line.parts {
        match part {
            Part::Option { name, value: Some(value) } if iperf && name == "-t" => {
                parts.extend(in_place(Place::Time("--duration", "s"), name, value));
            }
            Part::Option { name, value } => match habit_of(&line.command, name, value, &has) {
                Some(row) => {
                    first.get_or_insert((row.why, Some(row.example)));
                    let value = value.as_deref().unwrap_or_default();
                    match row.place {
                        Place::Port => ports = Some(value.to_owned()),
                        place => parts.extend(in_place(place, name, value)),
                    }
                }
                None => parts.push(part.clone()),
            },
            Part::Target { text, .. } => match foreign_target(&line.command, text) {
                Some((others, why)) => {
                    first.get_or_insert((why, None));
                    parts.extend(others);
                }
                None => parts.push(part.clone()),
            },
            Part::Command(_) | Part::Redirect(_) => parts.push(part.clone()),
        }
    }
    let (why, example) = first?;
    if let Some(port) = ports {
        add_port(&line.command, &mut parts, &port);
    }
    // Two options of another tool may both need --probe.
    let mut probes = 0;
    parts.retain(|part| *part != Part::flag("--probe") || std::mem::replace(&mut probes, 1) == 0);
    // COMMAND takes all following words.
    sort_by_key(&mut parts, |part| matches!(part, Part::Command(_)));
    Some(Rewritten { line: Line { command: line.command.clone(), parts }, why, example })
}

/// Whether a line of `send` looks like `iperf -u -c GROUP`, in which `-t` is a time.
fn is_of_iperf(line: &Line, has: impl Fn(&str) -> bool) -> bool {
    let is_of_it = |part: &Part| match part {
        Part::Option { name, value } => {
            ["-u", "-b", "-T", "-c"].contains(&name.as_str())
                && habit_of(&line.command, name, value, &has).is_some()
        }
        _ => false,
    };
    line.command == "send" && line.parts.iter().any(is_of_it)
}

fn rows(command: &str, option: &str) -> impl Iterator<Item = &'static ForeignOption> {
    FOREIGN_OPTIONS
        .iter()
        .filter(move |row| row.commands.contains(&command) && row.names.contains(&option))
}

/// The row of a typed option. For an option that mcast has, the value must fit the row.
fn habit_of(
    command: &str,
    name: &str,
    value: &Option<String>,
    has: impl Fn(&str) -> bool,
) -> Option<&'static ForeignOption> {
    let known = has(name);
    rows(command, name).find(|row| match (row.takes, value) {
        (Takes::If(fits), Some(value)) => fits(value),
        (Takes::If(_), None) => false,
        _ => !known,
    })
}

/// The equivalent of an option. Empty if only the example shows it.
fn in_place(place: Place, name: &str, value: &str) -> Vec<Part> {
    match place {
        Place::Nothing | Place::Port => Vec::new(),
        Place::Flag(flag) => vec![Part::flag(flag)],
        Place::Option(option) => vec![Part::option(option, value)],
        Place::Time(option, unit) => {
            let unit = if value.parse::<f64>().is_ok() { unit } else { "" };
            vec![Part::option(option, format!("{value}{unit}"))]
        }
        Place::Target => vec![Part::target(value)],
        // A part that mcast refuses: the example is shown.
        Place::Parts(parts) => parts(value).unwrap_or_else(|| vec![Part::flag(name)]),
        Place::Example => vec![Part::flag(name)],
    }
}

/// Adds a port to each target without one. A receiver without a target gets any address; for other
/// lines the example is shown.
fn add_port(command: &str, parts: &mut Vec<Part>, port: &str) {
    if !parts.iter().any(|part| matches!(part, Part::Target { .. })) {
        let any = Part::target(format!("udp://:{port}"));
        parts.push(if command == "recv" { any } else { Part::flag("--port") });
    }
    for part in parts {
        if let Part::Target { text, .. } = part {
            if text.parse::<TargetRange>().is_ok() {
                *text = with_port(text, port).unwrap_or_else(|| text.clone());
            }
        }
    }
}
