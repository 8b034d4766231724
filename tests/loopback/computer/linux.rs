//! A namespace with nothing but `lo`: the tests cannot use the computer's networks.

use std::process::Command;

pub use super::super::lab::{Finished, Running};
use super::super::lab::{Host, Lab};

/// A host of the lab.
pub struct Computer {
    host: Host,
    _lab: Lab,
}

impl Computer {
    /// `None` if the lab is not permitted, which is reported.
    pub fn open() -> Option<Self> {
        let lab = Lab::open()?;
        let host = lab.host();
        // Linux gives `lo` no route for multicast of IPv6.
        host.shell("ip -6 route add local ff00::/8 dev lo");
        Some(Computer { host, _lab: lab })
    }

    /// mcast on this computer.
    pub fn command(&self) -> Command {
        self.host.command(&super::program())
    }

    /// Reports the reason for a skipped test.
    pub fn skipped(why: &str) {
        Lab::skipped(why);
    }
}
