//! The datagrams of a run that do not repeat: lines, pieces of a file, a capture.

use std::ops::Range;
use std::time::Duration;

use crate::event::{PlayoutInfo, PlayoutTotals, ReplayTotals};
use crate::input::{Input, InputError};
use crate::net::{Marks, Outbox};
use crate::notice::Notice;

/// Supplies the datagrams of a run, one after another. It never reads a clock and never waits.
pub trait Source {
    /// Makes the next datagram available, `elapsed` after the start of the run. Without effect if
    /// there is one already.
    ///
    /// # Errors
    /// The input cannot be read, or its content cannot be sent.
    fn fill(&mut self, elapsed: Duration) -> Result<Supply, InputError>;

    /// The payload of the available datagram.
    fn payload(&self) -> &[u8];

    /// The positions of the endpoints of the available datagram; `None` for all.
    fn endpoints(&self) -> Option<Range<usize>> {
        None
    }

    /// The TTL and DSCP of the available datagram, if they are not those of the run.
    fn marks(&self) -> Marks {
        Marks::default()
    }

    /// The sockets are open.
    fn begin(&mut self, _outbox: &Outbox) {}

    /// Opens the endpoints of the available datagram if none is open. Returns warnings.
    fn attend(&mut self, _elapsed: Duration, _outbox: &mut Outbox) -> Vec<Notice> {
        Vec::new()
    }

    /// The usual time between two due times.
    fn usual_gap(&self) -> Option<Duration> {
        None
    }

    /// The length of the whole run.
    fn length(&self) -> Length {
        Length::default()
    }

    /// The totals of a replay at its end, and the damage that ended it.
    fn replayed(&mut self) -> Option<(ReplayTotals, Option<String>)> {
        None
    }

    /// When the available datagram is due, from the start of the run; `None` if the pace of the run
    /// decides.
    fn due(&self) -> Option<Duration> {
        None
    }

    /// Whether [`Source::due`] decides for each datagram, and never the pace of the run.
    fn has_own_pace(&self) -> bool {
        false
    }

    /// When to fill again although no input arrives, from the start of the run; asked after
    /// [`Supply::Pending`].
    fn retry(&self) -> Option<Duration> {
        None
    }

    /// What is known of a transport stream before the run.
    fn playout(&self) -> Option<PlayoutInfo> {
        None
    }

    /// The counters of a transport stream.
    fn playout_totals(&self) -> Option<PlayoutTotals> {
        None
    }

    /// Removes the available datagram, which was queued.
    fn advance(&mut self);

    /// The input, to wait for more of it; `None` if the source never waits.
    fn input(&self) -> Option<&Input>;
}

/// What a source has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// A datagram.
    Ready,
    /// None until more input arrives.
    Pending,
    /// None yet; the next call continues at once.
    Later,
    /// None until [`Source::attend`] was called.
    Attention,
    /// None any more: the input has ended.
    End,
}

/// The length of a run, as far as its source knows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Length {
    /// How many datagrams it sends.
    pub datagrams: Option<u64>,
    /// How long it takes.
    pub duration: Option<Duration>,
}
