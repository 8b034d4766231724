//! The impairments of a sender: datagrams wait here until their copies leave.

use std::time::{Duration, Instant, SystemTime};

use super::payload::PayloadWriter;
use crate::format::probe::CRC_START;
use crate::impair::{Departure, Impairer, Mark, Truth};
use crate::net::Slot;
use crate::plan;

/// Impairs the datagrams of a sender.
pub struct Impairment {
    impairer: Impairer,
    start: Instant,
    /// The first bytes of each payload that do not become corrupt.
    intact: usize,
    /// The datagram that is offered.
    payload: Vec<u8>,
    /// The properties of each datagram in the queue.
    marks: Vec<Mark>,
}

impl Impairment {
    /// The impairments of a plan, if there are any.
    pub fn new(plan: &plan::Send, payload: &PayloadWriter) -> Option<Box<Self>> {
        let (settings, seed) = plan.impair.as_ref().map(|impair| impair.settings).zip(plan.seed)?;
        // A receiver recognises a corrupt probe, and finds its stream.
        let intact = if payload.stream().is_some() { CRC_START } else { 0 };
        Some(Box::new(Impairment {
            impairer: Impairer::new(settings, seed),
            start: Instant::now(),
            intact,
            payload: Vec::new(),
            marks: Vec::new(),
        }))
    }

    /// Takes the next datagram to the endpoint at `position`. It counts as sent by the application,
    /// whatever becomes of it.
    pub fn offer(&mut self, position: usize, payload: &mut PayloadWriter) {
        self.payload.resize(payload.len(), 0);
        let slot = Slot { bytes: &mut self.payload, repeats: false };
        payload.write(position, SystemTime::now(), slot);
        payload.count_sent(position);
        self.impairer.offer(position, self.start.elapsed(), &self.payload, self.intact);
    }

    /// When the next copy leaves.
    pub fn next_release(&self) -> Option<Instant> {
        self.start.checked_add(self.impairer.next_release()?)
    }

    /// The position and the length of the next copy, if it leaves now.
    pub fn due(&self) -> Option<(usize, usize)> {
        self.impairer.due(self.start.elapsed())
    }

    /// Removes the next copy, which is queued then.
    pub fn take(&mut self) -> Option<&Departure> {
        let copy = self.impairer.release(Duration::MAX)?;
        self.marks.push(copy.mark);
        Some(copy)
    }

    /// Notes that the copy at `index` in the queue left. Returns its number.
    pub fn leave(&mut self, index: usize, position: usize) -> u64 {
        let mark = self.marks[index];
        self.impairer.leave(position, mark);
        mark.number
    }

    /// The queue is empty again.
    pub fn clear(&mut self) {
        self.marks.clear();
    }

    /// Releases the copies that wait for later datagrams: none follow.
    pub fn flush(&mut self) {
        self.impairer.flush();
    }

    /// The truth about the datagrams to the endpoint at `position`.
    pub fn truth(&mut self, position: usize) -> &Truth {
        self.impairer.truth(position)
    }
}
