//! Where the datagrams of a capture go: their destinations, and the endpoints for each.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;

use crate::event::NotReplayed;
use crate::iface::Cast;
use crate::net::Outbox;
use crate::target::{Endpoint, MOST_TARGETS, is_control_block};

/// How many destinations are remembered that get no datagram.
const MOST_LEFT_OUT: usize = 65_536;

/// Where a datagram goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the endpoints at these positions. Every host must process it if `reaches_all`.
    To { positions: Range<usize>, reaches_all: bool },
    /// Nowhere.
    NotReplayed(NotReplayed),
}

/// The destinations of a capture.
#[derive(Debug)]
pub struct Routes {
    ways: HashMap<SocketAddr, Way>,
    /// The way of all datagrams, if the user named targets.
    all: Option<Way>,
    left_out: usize,
}

impl Routes {
    /// All datagrams go to these endpoints; each to its own destination if there are none.
    pub fn new(targets: &[Endpoint]) -> Self {
        let reaches_all = targets.iter().any(reaches_all);
        let way = Way::To { positions: 0..targets.len(), reaches_all };
        let all = (!targets.is_empty()).then_some(way);
        Routes { ways: HashMap::new(), all, left_out: 0 }
    }

    /// The way to a destination, if it is known.
    pub fn way(&self, to: SocketAddr) -> Option<&Way> {
        self.all.as_ref().or_else(|| self.ways.get(&to))
    }

    /// Whether there are as many targets as a run can have.
    pub fn is_full(&self) -> bool {
        self.ways.len() - self.left_out >= usize::try_from(MOST_TARGETS).unwrap_or(usize::MAX)
    }

    /// Notes that no datagram goes to a destination.
    pub fn leave_out(&mut self, to: SocketAddr, why: NotReplayed) {
        if self.left_out < MOST_LEFT_OUT && self.ways.insert(to, Way::NotReplayed(why)).is_none() {
            self.left_out += 1;
        }
    }

    /// Notes the endpoints of an outbox for these destinations. The endpoints of one destination
    /// follow each other.
    pub fn learn(&mut self, outbox: &Outbox, from: usize) {
        for (position, (at, _)) in outbox.endpoints().enumerate().skip(from) {
            let to = SocketAddr::new(at.group, at.port);
            let way = Way::To { positions: position..position + 1, reaches_all: reaches_all(at) };
            match self.ways.get_mut(&to) {
                Some(Way::To { positions, .. }) if positions.end == position => positions.end += 1,
                _ => drop(self.ways.insert(to, way)),
            }
        }
    }
}

fn reaches_all(at: &Endpoint) -> bool {
    at.cast == Cast::Broadcast || is_control_block(at.group)
}
