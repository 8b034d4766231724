//! Warnings about pipes without data.

use super::{Id, Level, Notice};

/// Standard input, which no option names, has had no byte until now.
pub fn payload_awaited() -> Notice {
    awaited("waiting for data from standard input".to_owned()).remedy(
        "to send 'hello world' instead, use --message 'hello world' or redirect standard input \
         (</dev/null)",
    )
}

/// A FIFO or another pipe, which an option names, has had no byte until now.
pub fn fifo_awaited(place: &str) -> Notice {
    awaited(format!("waiting for data from {place}; a program must write to this pipe"))
}

/// The capture to read from `place` has had no byte for a while.
pub fn capture_awaited(place: &str) -> Notice {
    awaited(format!(
        "waiting for data from {place}; reports and limits follow the clock of the capture, which \
         stands still"
    ))
    .remedy(UNBUFFERED)
}

/// The capture to replay from `place` has had no byte until now.
pub fn replay_awaited(place: &str) -> Notice {
    awaited(format!("waiting for data from {place}")).remedy(UNBUFFERED)
}

/// How a usual writer of such a pipe delivers its packets.
const UNBUFFERED: &str = "if tcpdump writes the pipe, add its option -U: it then writes each \
                          packet at once";

fn awaited(what: String) -> Notice {
    Notice::new(Level::Warning, Id::InputAwaited, what)
}
