//! The first and the last lines of `mcast check`.

use std::io::{self, Write};

use super::screen::WHOLE;
use super::style::Paint;
use crate::event::{CheckSummary, Checking};
use crate::units::rcvbuf::format_duration;
use crate::units::words::count;

/// The target, the interfaces and the time.
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
        writeln!(out, "now type this on the host that sends:\n\n{WHOLE}  {}\n", paint.good(send))?;
    }
    Ok(())
}

/// The counts of the findings, and the conclusion.
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
    match (*faults, *warnings) {
        (0, 0) => writeln!(out, "{}", paint.good(conclusion)),
        (0, _) => writeln!(out, "{}", paint.caution(conclusion)),
        _ => writeln!(out, "{}", paint.bad(conclusion)),
    }
}
