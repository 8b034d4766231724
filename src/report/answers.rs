//! The answers of a receiver as text.

use std::io;
use std::io::Write;

use crate::event::{AnswersInfo, WithheldInfo};
use crate::units::words::count;

/// The line about the answers; none without `--reply`.
pub fn line(info: &AnswersInfo, out: &mut dyn Write) -> io::Result<()> {
    let Some(replies) = info.replies else { return Ok(()) };
    match replies {
        1 => write!(out, "sent 1 reply")?,
        _ => write!(out, "sent {replies} replies")?,
    }
    if let Some(reports @ 1..) = info.reports {
        write!(out, " and {}", count(reports, "report"))?;
    }
    let reasons = info.replies_withheld.as_deref().map_or_else(Vec::new, reasons);
    if !reasons.is_empty() {
        write!(out, "; withheld {}", reasons.join(", "))?;
    }
    writeln!(out)
}

fn reasons(withheld: &WithheldInfo) -> Vec<String> {
    let reasons = [
        (withheld.total_rate, "by --reply-limit"),
        (withheld.address_rate, "by the limit of 20 a second to one address"),
        (withheld.recipient, "to addresses that may not get answers"),
        (withheld.port, "to ports that may not get answers"),
        (withheld.too_short, "to requests that were too short"),
        (withheld.share, "because only a share of the receivers was asked"),
        (withheld.full, "because too many senders asked"),
        (withheld.failed, "that the system refused to send"),
    ];
    let counted = reasons.into_iter().filter(|(number, _)| *number > 0);
    counted.map(|(number, reason)| format!("{number} {reason}")).collect()
}
