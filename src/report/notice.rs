//! Notices in text: a line for warnings and advice, a paragraph for findings.

use std::io::{self, Write};

use super::human::size;
use super::screen::{Screen, WHOLE, wrap};
use super::style::Paint;
use crate::notice::{Level, Notice, Place, Where};

/// Paragraphs are wrapped at this column, or at the width of a narrower terminal.
const WIDTH: usize = 100;

/// The narrowest width for paragraphs.
const NARROWEST: usize = 40;

/// The column where the text of a finding begins.
const MARGIN: usize = 9;

/// A warning or advice on one line, and its tip on another.
pub fn line(notice: &Notice, paint: Paint, notes: &mut dyn Write) -> io::Result<()> {
    let Notice { level, what, remedy, .. } = notice;
    let mut text = format!("{} {what}\n", painted(*level, &format!("{}:", level.name()), paint));
    if let Some(remedy) = remedy {
        text += &format!("  {} {remedy}\n", paint.strong("tip:"));
    }
    notes.write_all(text.as_bytes())
}

/// The warning that the end of the output is lost, which the output itself cannot show.
pub fn output_lost(bytes: usize, paint: Paint, notes: &mut dyn Write) -> io::Result<()> {
    let text = format!(
        "{} standard output is not being read: the last {} were lost, including the summary\n  {} \
         read it until mcast ends, or write it to a file\n",
        paint.caution("warning:"),
        size(bytes),
        paint.strong("tip:")
    );
    notes.write_all(text.as_bytes())
}

/// A finding as a diagnostic, in one write: COMMAND may write to standard error too.
pub fn explanation(finding: &Notice, paint: Paint, notes: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    paragraph(finding, None, Screen::Diagnostics.columns(), paint, &mut text)?;
    notes.write_all(&text)
}

/// A finding: its statement, its evidence, its tip and its commands, behind its time.
/// Lines fit `columns`.
pub fn paragraph(
    finding: &Notice,
    time: Option<&str>,
    columns: Option<usize>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = columns.unwrap_or(WIDTH).clamp(NARROWEST, WIDTH);
    let Notice { id, level, what, why, remedy, commands } = finding;
    let evidence = why.as_deref().unwrap_or_default();
    let before = time.map(|time| format!("{time}  ")).unwrap_or_default();
    let margin = before.len() + MARGIN;
    write!(out, "{}", paint.faint(before))?;
    write!(out, "{}", painted(*level, &format!("{:MARGIN$}", level.name()), paint))?;
    let head = format!("{id}: ");
    // The evidence of a pass follows on the same line.
    let passes = *level == Level::Pass;
    let text = if passes { format!("{head}{what}; {evidence}") } else { format!("{head}{what}") };
    let lines = wrap(&text, width - margin);
    for (position, line) in lines.iter().enumerate() {
        match (position, line.strip_prefix(&head)) {
            (0, Some(rest)) => writeln!(out, "{}{rest}", paint.faint(&head))?,
            (0, None) => writeln!(out, "{line}")?,
            _ => writeln!(out, "{:margin$}{line}", "")?,
        }
    }
    for line in wrap(evidence, width - margin - 2).iter().filter(|_| !passes) {
        writeln!(out, "{:margin$}  {}", "", paint.faint(line))?;
    }
    if let Some(remedy) = remedy {
        for (position, line) in wrap(remedy, width - margin - 7).iter().enumerate() {
            let tip = if position == 0 { paint.strong("tip: ").to_string() } else { " ".repeat(5) };
            writeln!(out, "{:margin$}  {tip}{line}", "")?;
        }
    }
    let of_router = commands.iter().filter(|command| command.place == Place::Router);
    let longest = of_router.map(|command| command.run.chars().count()).max().unwrap_or(0);
    for command in commands {
        // Commands are copied, and stay on one line. The forms of other systems are in a column.
        let width = if command.place == Place::Router { longest } else { 0 };
        write!(out, "{WHOLE}{:margin$}    {:width$}", "", command.run)?;
        if command.place != Place::Here {
            write!(out, "{}", paint.faint(format_args!("   # {}", Where(command))))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `text` in the colour of a level.
pub(super) fn painted(level: Level, text: &str, paint: Paint) -> String {
    match level {
        Level::Pass => paint.good(text).to_string(),
        Level::Note => paint.faint(text).to_string(),
        Level::Warning => paint.caution(text).to_string(),
        Level::Fault => paint.bad(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::notice::{System, Variant};

    use super::*;
    use crate::notice::Id;
    use crate::report::{ColorWhen, finished};

    fn shown(finding: &Notice) -> String {
        let mut out = Vec::new();
        paragraph(finding, None, None, Paint::new(ColorWhen::Never, &io::stdout()), &mut out)
            .unwrap();
        String::from_utf8(finished(&out, None)).unwrap()
    }

    #[test]
    fn commands_of_a_finding_are_not_wrapped() {
        let long = "nft insert rule inet filter input ip daddr 239.1.1.1 udp dport 5000 accept \
                    comment 'and so on and so on, for long'";
        let found = Notice::fault(Id::FirewallInput, "word ".repeat(30).trim_end(), "because")
            .remedy("do this")
            .run(Place::Sender, long);
        let text = shown(&found);
        assert!(text.starts_with("fault    firewall-input: word word"), "{text}");
        assert!(text.lines().all(|line| line.contains(long) || line.len() <= WIDTH), "{text}");
        assert!(text.contains(&format!("             {long}   # on the sender\n")), "{text}");
        assert!(text.contains("           tip: do this\n"), "{text}");
    }

    #[test]
    fn the_forms_of_other_routers_are_in_a_column() {
        let variant = |system, run: &str| Variant { system, run: run.to_owned() };
        let found = Notice::note(Id::LastHopRouter, "a router", "a hello")
            .ask_router("show ip pim neighbor", vec![variant(System::Junos, "show pim neighbors")])
            .ask_router(
                "show ip pim rp mapping",
                vec![
                    variant(System::Frr, "show ip pim rp-info"),
                    variant(System::Junos, "show pim rps"),
                ],
            )
            .run(Place::Here, "mcast check");
        let text = shown(&found);
        let end = "
             show ip pim neighbor     # on the router; Junos: show pim neighbors
             show ip pim rp mapping   # on the router; FRR: show ip pim rp-info; Junos: show pim rps
             mcast check
";
        assert!(text.ends_with(end), "{text}");
    }
}
