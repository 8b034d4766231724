//! Adds the datagrams of other senders to their streams.

use super::detail::Detail;
use super::foreign::{Foreign, Held, Identity};
use super::{Arrival, Clock, Key, Sample, Stream, Streams};
use crate::format::numbered::{Content, Numbered};
use crate::stats::extension::Place;
use crate::stats::sequence::RangeOrder;
use crate::units::UnixTime;

/// One of the first numbers after an end is a new run: more of them may be lost in a row only on a
/// bad path.
const FEW_FIRST: u64 = 8;

/// None of the first numbers of a longer run is late after its end.
const LONG_RUN: u64 = 64;

/// What became of a numbered datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It holds data.
    Data {
        /// The first number, extended to 64 bits.
        number: u64,
        /// The place in the order of arrivals.
        order: RangeOrder,
        /// The delay in ns, if the clocks agree.
        delay: Option<i64>,
    },
    /// The sender began again: the stream at this position continues.
    Restart(usize),
    /// The number is far from the others: the next datagram decides.
    Held,
    /// A heartbeat, an end, or a datagram outside of the numbers.
    Other,
    /// The limits allow no further stream.
    Untracked,
}

impl Streams {
    /// Adds a stream that mcast did not send, if the limits allow it. Returns its position.
    pub fn open(&mut self, identity: Identity, detail: Detail, arrival: &Arrival) -> Option<usize> {
        let position = self.push(Key::new(identity.key, arrival), arrival)?;
        self.streams[position].foreign = Some(Box::new(Foreign::new(identity, detail)));
        self.link(position, arrival);
        self.charge(position);
        Some(position)
    }

    /// The measurements of the format of a stream.
    pub fn detail(&mut self, position: usize) -> Option<&mut Detail> {
        Some(&mut self.streams.get_mut(position)?.foreign.as_mut()?.detail)
    }

    /// Whether a datagram begins another run of the sender, after the end of the stream at a
    /// position. The format must fix the first number.
    pub fn begins_again(&self, position: usize, numbered: &Numbered) -> bool {
        let Some(stream) = self.streams.get(position).filter(|stream| stream.ended) else {
            return false;
        };
        let (Some(foreign), Some(sequence)) = (&stream.foreign, &stream.sequence) else {
            return false;
        };
        let (Content::Data { first, .. }, Some(begin), Some(start)) =
            (numbered.content, foreign.identity.numbering.first, foreign.start())
        else {
            return false;
        };
        let offset = first.wrapping_sub(begin);
        let is_longer = sequence.next().saturating_sub(start) > LONG_RUN;
        offset < FEW_FIRST && (is_longer || sequence.has_received(start.saturating_add(offset)))
    }

    /// Adds a datagram of the stream at a position. `clock` is the evidence that the sender's clock
    /// agrees with this host's.
    pub fn take_numbered(
        &mut self,
        position: usize,
        numbered: &Numbered,
        arrival: &Arrival,
        clock: Clock,
    ) -> Taken {
        let Some(Stream { foreign: Some(foreign), sequence, .. }) = self.streams.get_mut(position)
        else {
            return Taken::Untracked;
        };
        match numbered.content {
            Content::Data { first, count } => {
                let outliers = foreign.extension.outliers();
                let has_received =
                    |number| sequence.as_ref().is_some_and(|of| of.has_received(number));
                let place = foreign.extension.place(first, count, arrival.time, has_received);
                let outliers = foreign.extension.outliers() - outliers;
                if outliers > 0 {
                    self.streams[position].each(|counters| counters.stale += outliers);
                }
                self.settle(position, place, numbered, count, arrival, clock)
            }
            Content::Heartbeat { next } => {
                foreign.heartbeats += 1;
                self.announce(position, next, arrival.time);
                Taken::Other
            }
            Content::End { next } => {
                let announced =
                    next.and_then(|next| foreign.extension.announce(next, arrival.time));
                self.end(position, announced.unwrap_or(0), arrival.time);
                Taken::Other
            }
            Content::Aside => {
                foreign.asides += 1;
                Taken::Other
            }
        }
    }

    /// Counts a datagram with data at its place.
    fn settle(
        &mut self,
        position: usize,
        place: Place,
        numbered: &Numbered,
        count: u64,
        arrival: &Arrival,
        clock: Clock,
    ) -> Taken {
        let sample = |first, count, sent| Sample {
            first,
            count,
            sent,
            clock,
            ttl: None,
            traffic_class: None,
        };
        match place {
            Place::At(number) => {
                self.count(position, &sample(number, count, numbered.sent), arrival)
            }
            Place::Held => {
                if let Some(foreign) = &mut self.streams[position].foreign {
                    foreign.held = Some(Held::new(numbered, arrival));
                }
                Taken::Held
            }
            Place::Outlier => Taken::Other,
            Place::Restart { held: before, held_count, first } => {
                let Some((next, held)) = self.begin_again(position, arrival) else {
                    return Taken::Untracked;
                };
                let links = &self.streams[next].links;
                self.pairs.restart(links, (position, next), before, arrival.time);
                if let Some(held) = held {
                    let sample = sample(before, held_count, held.sent);
                    self.count(next, &sample, &held.arrival(arrival));
                }
                self.count(next, &sample(first, count, numbered.sent), arrival);
                Taken::Restart(next)
            }
        }
    }

    /// Adds a datagram of a format that does not number its datagrams. `order` counts its parts.
    pub fn take_unnumbered(&mut self, position: usize, order: RangeOrder, arrival: &Arrival) {
        let has_room = self.budget.has_room();
        let Some(stream) = self.streams.get_mut(position) else { return };
        let may_grow = has_room && !stream.full;
        stream.take_unnumbered(order, arrival, may_grow);
        self.charge_if_grown(position);
    }

    /// Ends the stream at a position; `announced` is the last extended number plus one, 0 if
    /// unknown.
    pub fn end(&mut self, position: usize, announced: u64, time: UnixTime) {
        let Some(stream) = self.streams.get_mut(position) else { return };
        self.open -= usize::from(!stream.ended);
        stream.end(announced, time);
        self.pairs.announce(&stream.links, position, announced, true, time);
    }

    /// Notes that the sender of a stream has used the numbers before `next`, which is as sent.
    pub fn announce(&mut self, position: usize, next: u64, time: UnixTime) {
        let Some(Stream { foreign: Some(foreign), sequence, links, .. }) =
            self.streams.get_mut(position)
        else {
            return;
        };
        if let (Some(next), Some(sequence)) = (foreign.extension.announce(next, time), sequence) {
            sequence.announce(next);
            self.pairs.announce(links, position, next, false, time);
        }
    }

    fn count(&mut self, position: usize, sample: &Sample, arrival: &Arrival) -> Taken {
        let has_room = self.budget.has_room();
        let stream = &mut self.streams[position];
        let may_grow = has_room && !stream.full;
        let (order, delay) = stream.take(sample, arrival, may_grow);
        self.pairs.take(&stream.links, position, sample.first, sample.count, arrival.time);
        self.charge_if_grown(position);
        Taken::Data { number: sample.first, order, delay }
    }

    /// The sender began again: opens a stream for the new run, which continues the extension of the
    /// old one. Returns the position and the held datagram.
    fn begin_again(&mut self, before: usize, arrival: &Arrival) -> Option<(usize, Option<Held>)> {
        let foreign = self.streams[before].foreign.as_mut()?;
        let (identity, held) = (foreign.identity, foreign.held.take());
        let (extension, detail) = (foreign.extension.clone(), foreign.detail.fresh());
        let position = self.open(identity, detail, arrival)?;
        if let Some(foreign) = &mut self.streams[position].foreign {
            foreign.extension = extension;
        }
        Some((position, held))
    }

    fn charge_if_grown(&mut self, position: usize) {
        if std::mem::take(&mut self.streams[position].may_have_grown) {
            self.charge(position);
        }
    }
}
