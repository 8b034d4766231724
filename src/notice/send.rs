//! Warnings of a sender.

use std::io;

use super::{Id, Level, Notice};
use crate::net::{NetError, describe};
use crate::target::Endpoint;

/// A datagram could not be sent.
pub fn not_sent(error: &NetError) -> Notice {
    let what = format!(
        "cannot {}: {}; mcast reports this once, and counts further failures",
        error.operation,
        describe(&error.source)
    );
    Notice::new(Level::Warning, Id::NotSent, what).maybe_remedy(error.tip())
}

/// Standard input, which no option names, has had no byte until now.
pub fn input_awaited() -> Notice {
    let what = "waiting for standard input, which is a pipe without data".to_owned();
    Notice::new(Level::Warning, Id::InputAwaited, what).remedy(
        "to send 'hello world' instead, use --message 'hello world' or redirect standard input \
         (</dev/null)",
    )
}

/// A FIFO or another pipe, which an option names, has had no byte until now.
pub fn fifo_awaited(place: &str) -> Notice {
    let what = format!("waiting for {place}, a pipe without data; a program must write to it");
    Notice::new(Level::Warning, Id::InputAwaited, what)
}

/// ICMP reports that a unicast datagram to `at` was not delivered.
pub fn came_back(at: &Endpoint, error: &io::Error) -> Notice {
    let reason = match error.kind() {
        io::ErrorKind::ConnectionRefused => "port unreachable".to_owned(),
        io::ErrorKind::HostUnreachable => "host unreachable".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        _ => describe(error),
    };
    let what = format!("{at}: {reason} (ICMP); mcast reports this once");
    Notice::new(Level::Warning, Id::CameBack, what)
}

/// `--no-loop` has no effect on the loopback interface.
pub fn loopback_loops(iface: &str) -> Notice {
    let what =
        format!("--no-loop has no effect on {iface}, which returns every datagram to this host");
    Notice::new(Level::Warning, Id::LoopbackLoops, what)
}
