//! Redundant pairs: which streams are the two sides of one.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use super::link::Link;
use super::{Arrival, Stream};
use crate::format::kind::Format;
use crate::stats::pair::{Pair, Side};
use crate::target::Target;
use crate::units::UnixTime;

/// The minimum of the limit on paired streams; more pairs of targets have a higher limit.
const FEWEST_PAIRED: usize = 64;

/// Another stream may take the place of a side's stream after this silence.
const PAUSE: Duration = Duration::from_millis(100);

/// The pairs of targets that the user named, and their streams.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    asked: Vec<(Target, Target)>,
    paired: Vec<Paired>,
    /// The pairs with further streams, by their position among those that the user named.
    untracked: BTreeSet<usize>,
}

/// A stream that is expected on both targets of a pair.
#[derive(Clone, Debug)]
pub struct Paired {
    /// The position of the pair among those that the user named.
    pub asked: usize,
    /// The measurements.
    pub pair: Pair,
    format: Option<Format>,
    key: u64,
    sides: [Option<Owner>; 2],
}

/// The stream that is one side of a pair.
#[derive(Clone, Copy, Debug)]
struct Owner {
    position: usize,
    last: UnixTime,
}

impl Paired {
    /// The positions of the streams of both sides.
    pub fn positions(&self) -> [Option<usize>; 2] {
        self.sides.map(|side| side.map(|owner| owner.position))
    }
}

impl Pairs {
    /// The pairs of these targets, without streams.
    pub fn new(asked: Vec<(Target, Target)>) -> Self {
        Pairs { asked, ..Pairs::default() }
    }

    /// The targets.
    pub fn asked(&self) -> &[(Target, Target)] {
        &self.asked
    }

    /// The streams of all pairs, in the order of their first arrivals.
    pub fn paired(&self) -> &[Paired] {
        &self.paired
    }

    /// Whether a pair has more streams than [`Pairs::paired`].
    pub fn has_more(&self, asked: usize) -> bool {
        self.untracked.contains(&asked)
    }

    /// The places of a stream without a place, whose first datagram has just arrived.
    pub(super) fn links(&mut self, stream: &Stream, arrival: &Arrival) -> Vec<Link> {
        let foreign = stream.foreign();
        let format = foreign.map(|foreign| foreign.identity.format);
        let key = foreign.map_or(stream.key.stream, |foreign| foreign.identity.key);
        // The numbers of probes have 64 bits.
        let modulus = foreign.and_then(|foreign| foreign.identity.numbering.modulus);
        let mut links = Vec::new();
        for asked in 0..self.asked.len() {
            let (a, b) = &self.asked[asked];
            let side = if is_of(a, arrival) {
                Side::A
            } else if is_of(b, arrival) {
                Side::B
            } else {
                continue;
            };
            links
                .extend(self.find(asked, format, key, modulus).map(|paired| Link { paired, side }));
        }
        links
    }

    fn find(
        &mut self,
        asked: usize,
        format: Option<Format>,
        key: u64,
        modulus: Option<NonZeroU64>,
    ) -> Option<usize> {
        let is_same = |of: &Paired| of.asked == asked && of.format == format && of.key == key;
        let known = self.paired.iter().position(is_same);
        if known.is_some() {
            return known;
        }
        if self.paired.len() >= FEWEST_PAIRED.max(4 * self.asked.len()) {
            self.untracked.insert(asked);
            return None;
        }
        let pair = Pair::new(modulus);
        self.paired.push(Paired { asked, pair, format, key, sides: [None; 2] });
        Some(self.paired.len() - 1)
    }

    /// Adds a datagram of the stream at a position: `count` extended numbers from `first` on.
    #[inline]
    pub(super) fn take(
        &mut self,
        links: &[Link],
        position: usize,
        first: u64,
        count: u64,
        time: UnixTime,
    ) {
        if !links.is_empty() {
            self.take_linked(links, position, first, count, time);
        }
    }

    fn take_linked(
        &mut self,
        links: &[Link],
        position: usize,
        first: u64,
        count: u64,
        time: UnixTime,
    ) {
        for Link { paired, side } in links {
            let Paired { pair, sides, .. } = &mut self.paired[*paired];
            let owner = &mut sides[*side as usize];
            match owner {
                Some(owner) if owner.position == position => owner.last = owner.last.max(time),
                // Two senders use the same numbers.
                Some(owner) if time.duration_since(owner.last) < PAUSE => continue,
                Some(_) => {
                    *owner = Some(Owner { position, last: time });
                    pair.restart(*side, first, time);
                }
                None => *owner = Some(Owner { position, last: time }),
            }
            pair.take(*side, first, count, time);
        }
    }

    /// Notes that the stream at a position continues the side of one that was there before: the
    /// sender restarted with the extended number `first`.
    pub(super) fn restart(
        &mut self,
        links: &[Link],
        (before, position): (usize, usize),
        first: u64,
        time: UnixTime,
    ) {
        for Link { paired, side } in links {
            let Paired { pair, sides, .. } = &mut self.paired[*paired];
            let owner = &mut sides[*side as usize];
            if owner.is_some_and(|owner| owner.position == before) {
                *owner = Some(Owner { position, last: time });
                pair.restart(*side, first, time);
            }
        }
    }

    /// Notes the next extended number of the stream at a position, and whether the stream ends
    /// there.
    pub(super) fn announce(
        &mut self,
        links: &[Link],
        position: usize,
        next: u64,
        is_end: bool,
        time: UnixTime,
    ) {
        for Link { paired, side } in links {
            let Paired { pair, sides, .. } = &mut self.paired[*paired];
            if sides[*side as usize].is_some_and(|owner| owner.position == position) {
                pair.announce(*side, next, is_end, time);
            }
        }
    }
}

/// Whether a datagram was sent to a target, from its source and on its interface.
fn is_of(target: &Target, arrival: &Arrival) -> bool {
    let Target { group, port, source, zone } = target;
    let is_zone = |zone: &String| match arrival.iface {
        Some((index, name)) => zone == name || zone.parse() == Ok(index),
        None => true,
    };
    *group == arrival.group
        && *port == arrival.port
        && source.is_none_or(|source: IpAddr| source == arrival.source.ip())
        && zone.as_ref().is_none_or(is_zone)
}
