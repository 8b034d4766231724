//! The first and the last lines of `mcast check`.

use std::io::{self, Write};

use super::screen::WHOLE;
use super::style::Paint;
use crate::event::{CheckSummary, Checking};
use crate::units::rcvbuf::format_duration;
use crate::units::words::count;

/// The target, the interfaces and the time.
pub fn checking(checking: &Checking, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = checking.targets.first() else {
        return writeln!(out, "checking: no interface to listen on");
    };
    let target = std::net::SocketAddr::new(first.group, first.port);
    let place = checking.expected.map(|iface| format!(" on {iface}")).unwrap_or_default();
    write!(
        out,
        "checking {target}{place} for {}{}",
        if checking.send.is_some() { "up to " } else { "" },
        format_duration(checking.duration)
    )?;
    let others: Vec<&str> = checking
        .targets
        .iter()
        .map(|target| target.iface)
        .filter(|iface| Some(*iface) != checking.expected)
        .collect();
    let also = if checking.expected.is_some() { "also " } else { "" };
    match others.len() {
        0 => {}
        1..=5 => write!(out, "; {also}listening on {}", others.join(", "))?,
        many => write!(out, "; {also}listening on {many} interfaces")?,
    }
    writeln!(out)?;
    if let Some(send) = &checking.send {
        writeln!(out, "run this command on the sender now:\n\n{WHOLE}  {send}\n")?;
    }
    Ok(())
}

/// The conclusion: green if multicast works, red if there is a fault.
pub fn conclusion(summary: &CheckSummary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let CheckSummary { faults, works, conclusion, .. } = summary;
    match (*works, *faults) {
        (true, _) => writeln!(out, "{}", paint.good(conclusion)),
        (false, 0) => writeln!(out, "{conclusion}"),
        _ => writeln!(out, "{}", paint.bad(conclusion)),
    }
}

/// The numbers of findings of each level.
pub fn counts(summary: &CheckSummary, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let CheckSummary { passes, notes, warnings, faults, cycles, .. } = summary;
    let counts = [(faults, "fault"), (warnings, "warning"), (notes, "note")];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(number, _)| **number > 0)
        .map(|(number, what)| count(**number as u64, what).to_string())
        .collect();
    let of_cycles = match cycles {
        Some(2..) => format!(" in the last of {} cycles", cycles.unwrap_or_default()),
        _ => String::new(),
    };
    let passed = format!("{passes} passed{of_cycles}");
    writeln!(
        out,
        "\n{}",
        paint.faint(counts.into_iter().chain([passed]).collect::<Vec<_>>().join(", "))
    )
}
