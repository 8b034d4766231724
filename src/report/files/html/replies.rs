//! The replies of a ping over time.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::time::Duration;

use crate::event::PingReceiver;
use crate::stats::delay::{Delays, Precision};

/// The replies of a ping.
#[derive(Debug)]
pub struct Replies {
    /// All round-trip times.
    pub all: Delays,
    /// Those of the current step, each with the hash of its receiver.
    pub step: Vec<(u64, i64)>,
    /// The end of the last step, and the losses until then: towards a receiver, and back.
    pub since: Duration,
    pub lost: (u64, u64),
    pub lost_of: HashMap<u64, (u64, u64)>,
    hasher: RandomState,
}

impl Default for Replies {
    fn default() -> Self {
        Replies {
            all: Delays::new(Precision::Fine),
            step: Vec::new(),
            since: Duration::ZERO,
            lost: (0, 0),
            lost_of: HashMap::new(),
            hasher: RandomState::new(),
        }
    }
}

impl Replies {
    /// What identifies a receiver at a target.
    pub fn key(&self, address: IpAddr, group: IpAddr, port: u16, iface: &str) -> u64 {
        self.hasher.hash_one((address, group, port, iface))
    }

    pub fn key_of(&self, receiver: &PingReceiver) -> u64 {
        let PingReceiver { address, group, port, iface, .. } = receiver;
        self.key(address.address(), *group, *port, iface)
    }
}
