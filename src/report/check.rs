//! Findings for people: a paragraph each, and one sentence in the end.

use std::io::{self, Write};

use super::human::count;
use super::style::Paint;
use crate::event::{CheckSummary, Checking};
use crate::notice::{Finding, Level, Place};
use crate::units::rcvbuf::format_duration;

/// Paragraphs are broken to fit a terminal of this many columns.
const WIDTH: usize = 100;

/// Where the words of a finding begin.
const MARGIN: usize = 9;

/// What is looked at, and for how long.
pub fn checking(checking: &Checking, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = checking.targets.first() else {
        return writeln!(out, "checking; there is no interface to listen on");
    };
    let target = std::net::SocketAddr::new(first.group, first.port);
    let place = checking.expected.map(|iface| format!(" on {iface}")).unwrap_or_default();
    write!(
        out,
        "checking {}{place}, listening for {}{}",
        paint.good(target),
        if checking.send.is_some() { "up to " } else { "" },
        format_duration(checking.duration)
    )?;
    let others: Vec<&str> = checking
        .targets
        .iter()
        .map(|target| target.iface)
        .filter(|iface| Some(*iface) != checking.expected)
        .collect();
    match others.len() {
        0 => {}
        1..=5 => write!(out, "; on {} too", others.join(", "))?,
        many => write!(out, "; on {many} other interfaces too")?,
    }
    writeln!(out)?;
    if let Some(send) = &checking.send {
        writeln!(out, "now type this on the host that sends:\n\n  {}\n", paint.good(send))?;
    }
    Ok(())
}

/// One finding: what it is, how that is known, what to do.
pub fn finding(finding: &Finding, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let Finding { id, level, what, evidence, remedy, commands } = finding;
    let word = format!("{:MARGIN$}", level.name());
    match level {
        Level::Pass => write!(out, "{}", paint.good(word))?,
        Level::Note => write!(out, "{}", paint.faint(word))?,
        Level::Warning => write!(out, "{}", paint.caution(word))?,
        Level::Fault => write!(out, "{}", paint.bad(word))?,
    }
    let head = format!("{id}: ");
    // What is as it should be takes no more room than it must.
    let passes = *level == Level::Pass;
    let text = if passes { format!("{head}{what}; {evidence}") } else { format!("{head}{what}") };
    let lines = wrap(&text, WIDTH - MARGIN);
    for (position, line) in lines.iter().enumerate() {
        match (position, line.strip_prefix(&head)) {
            (0, Some(rest)) => writeln!(out, "{}{rest}", paint.faint(&head))?,
            (0, None) => writeln!(out, "{line}")?,
            _ => writeln!(out, "{:MARGIN$}{line}", "")?,
        }
    }
    for line in wrap(evidence, WIDTH - MARGIN - 2).iter().filter(|_| !passes) {
        writeln!(out, "{:MARGIN$}  {}", "", paint.faint(line))?;
    }
    if let Some(remedy) = remedy {
        for (position, line) in wrap(remedy, WIDTH - MARGIN - 7).iter().enumerate() {
            let tip = if position == 0 { paint.good("tip: ").to_string() } else { " ".repeat(5) };
            writeln!(out, "{:MARGIN$}  {tip}{line}", "")?;
        }
    }
    for command in commands {
        // Commands stay whole, so that they can be copied.
        let place = if command.place == Place::Here {
            String::new()
        } else {
            format!("   # {}", command.place)
        };
        writeln!(out, "{:MARGIN$}    {}{}", "", command.run, paint.faint(place))?;
    }
    Ok(())
}

/// The last words.
pub fn summary(summary: &CheckSummary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let CheckSummary { passes, notes, warnings, faults, conclusion, .. } = summary;
    let counts = [(faults, "fault"), (warnings, "warning"), (notes, "note")];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(number, _)| **number > 0)
        .map(|(number, what)| count(**number as u64, what).to_string())
        .collect();
    let passed = format!("{passes} passed");
    writeln!(
        out,
        "\n{}",
        paint.faint(counts.into_iter().chain([passed]).collect::<Vec<_>>().join(", "))
    )?;
    // One sentence, whole, so that it can be copied.
    match (*faults, *warnings) {
        (0, 0) => writeln!(out, "{}", paint.good(conclusion)),
        (0, _) => writeln!(out, "{}", paint.caution(conclusion)),
        _ => writeln!(out, "{}", paint.bad(conclusion)),
    }
}

/// Breaks a text between words, into lines of at most `width` columns. A word that is longer stands
/// alone.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is one from the start");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ColorWhen;

    fn shown(found: &Finding) -> String {
        let mut out = Vec::new();
        finding(found, Paint::new(ColorWhen::Never, &io::stdout()), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_is_broken_between_words_and_its_commands_stay_whole() {
        let long = "nft insert rule inet filter input ip daddr 239.1.1.1 udp dport 5000 accept \
                    comment 'and so on and so on, for long'";
        let found = Finding::fault("firewall-input", "word ".repeat(30).trim_end(), "because")
            .remedy("do this")
            .run(Place::Sender, long);
        let text = shown(&found);
        assert!(text.starts_with("fault    firewall-input: word word"), "{text}");
        assert!(text.lines().all(|line| line.contains(long) || line.len() <= WIDTH), "{text}");
        assert!(text.contains(&format!("             {long}   # on the sender\n")), "{text}");
        assert!(text.contains("           tip: do this\n"), "{text}");
    }

    #[test]
    fn a_word_that_is_too_long_stands_alone() {
        assert_eq!(wrap("a bbbbbbbb c", 4), ["a", "bbbbbbbb", "c"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
