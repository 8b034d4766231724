//! What a user should know although the work goes on. Each says what it means and what to do.

use std::fmt;

use crate::net::{Endpoint, NetError, describe};

/// A warning. [`Warning::id`] is stable, for scripts; the words are for people.
#[derive(Debug)]
pub enum Warning {
    /// The system granted a smaller receive buffer than was asked for. In bytes.
    RcvbufCapped {
        /// What was asked for.
        asked: usize,
        /// What was granted.
        granted: usize,
    },
    /// The receive buffer has overflowed for the first time.
    KernelDrops {
        /// How many datagrams were dropped by then.
        dropped: u32,
    },
    /// A datagram could not be sent.
    NotSent {
        /// Where to.
        at: Endpoint,
        /// Why.
        error: NetError,
    },
    /// COMMAND has ended, and `--count` is still waited for.
    StillWaiting {
        /// How many have come.
        received: u64,
        /// How many were asked for.
        count: u64,
        /// Nothing else will end the wait.
        forever: bool,
    },
    /// `--no-loop` on the loopback interface, where it has no effect.
    LoopbackLoops {
        /// The interface.
        iface: String,
    },
    /// A group could not be left.
    NotLeft(NetError),
    /// Something was waited for, and nothing came at all.
    NothingReceived {
        /// What was joined.
        at: Vec<Endpoint>,
    },
}

impl Warning {
    /// The stable name.
    pub fn id(&self) -> &'static str {
        match self {
            Warning::RcvbufCapped { .. } => "rcvbuf-capped",
            Warning::KernelDrops { .. } => "kernel-drops",
            Warning::NotSent { .. } => "not-sent",
            Warning::StillWaiting { .. } => "still-waiting",
            Warning::LoopbackLoops { .. } => "loopback-loops",
            Warning::NotLeft(_) => "not-left",
            Warning::NothingReceived { .. } => "nothing-received",
        }
    }

    /// What to do, where there is something to do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Warning::RcvbufCapped { asked, .. } => {
                if cfg!(target_os = "linux") {
                    Some(format!("raise the system's limit: sysctl -w net.core.rmem_max={asked}"))
                } else {
                    Some("raise the system's limit on socket buffers".to_owned())
                }
            }
            Warning::KernelDrops { .. } => Some("give it a larger buffer (--rcvbuf), or less to do (-q)".to_owned()),
            Warning::NotSent { error, .. } => error.tip(),
            Warning::StillWaiting { forever, .. } => {
                forever.then(|| "add --timeout TIME, so that the wait has an end".to_owned())
            }
            Warning::LoopbackLoops { .. } => None,
            Warning::NotLeft(error) => error.tip(),
            Warning::NothingReceived { .. } => Some(
                "does the sender use this network's interface, and a TTL that reaches here? does a firewall drop UDP on the way in? \
                 the README goes through it under 'Why nothing arrives'"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::RcvbufCapped { asked, granted } => {
                write!(f, "the system granted {granted} bytes of receive buffer, {asked} were asked for")
            }
            Warning::KernelDrops { dropped } => {
                write!(f, "this host's kernel dropped {dropped} datagrams: the receive buffer was full")
            }
            Warning::NotSent { error, .. } => {
                write!(f, "cannot {}: {}; more failures of this kind are only counted", error.operation, describe(&error.source))
            }
            Warning::StillWaiting { received, count, .. } => {
                write!(f, "COMMAND has ended; waiting for {} more of {count} datagrams", count - received)
            }
            Warning::LoopbackLoops { iface } => write!(f, "--no-loop has no effect on {iface}: all that it carries comes back"),
            Warning::NotLeft(error) => write!(f, "cannot {}: {}", error.operation, describe(&error.source)),
            Warning::NothingReceived { at } => {
                write!(f, "joined, and nothing arrived:")?;
                at.iter().try_for_each(|at| write!(f, " {} on {}", at.socket_addr(), at.via.name))
            }
        }
    }
}
