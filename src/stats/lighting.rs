//! The sources of lighting universes. Two sources on one universe fight over its levels, or one is
//! a backup of lower priority. At most [`MAX_SOURCES`] are followed.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Meter;
use crate::format::sacn::Cid;
use crate::units::UnixTime;
use crate::units::printable::name_of;

/// The most followed pairs of a universe and a source.
pub const MAX_SOURCES: usize = 4096;

/// A source that was silent for this long has stopped (E1.31, 6.7.1).
const SILENCE: Duration = Duration::from_millis(2500);

const NAME_LEN: usize = 64;

/// A source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceId {
    /// The CID of an sACN source.
    Cid(Cid),
    /// The address of an Art-Net source.
    Address(IpAddr),
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceId::Cid(cid) => cid.fmt(f),
            SourceId::Address(address) => address.fmt(f),
        }
    }
}

/// A datagram with levels.
#[derive(Clone, Copy, Debug)]
pub struct Levels<'a> {
    /// The universe.
    pub universe: u16,
    /// The source.
    pub source: SourceId,
    /// The name of the source; empty in Art-Net.
    pub name: &'a [u8],
    /// The priority, which Art-Net lacks.
    pub priority: Option<u8>,
    /// The number of slots.
    pub slots: u16,
    /// For displays only.
    pub preview: bool,
    /// The source stops.
    pub terminated: bool,
    /// The length of the payload in bytes.
    pub len: usize,
}

/// A source of one universe.
#[derive(Clone, Debug)]
pub struct Source {
    /// Datagrams and rates.
    pub meter: Meter,
    /// The last priority.
    pub priority: Option<u8>,
    /// The last number of slots.
    pub slots: u16,
    /// Whether the last datagram was for displays only.
    pub preview: bool,
    /// Whether the source stopped sending this universe.
    pub terminated: bool,
    name: Name,
    last: UnixTime,
    reported: bool,
}

/// Two sources that send one universe in turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The universe.
    pub universe: u16,
    /// The sources and their priorities.
    pub sources: [(SourceId, Option<u8>); 2],
}

/// The sources of all universes.
#[derive(Clone, Debug, Default)]
pub struct Lighting {
    sources: BTreeMap<(u16, SourceId), Source>,
    untracked: u64,
}

impl Lighting {
    /// Adds a datagram. Returns each conflict once.
    pub fn add(&mut self, time: UnixTime, levels: &Levels<'_>) -> Option<Conflict> {
        let key = (levels.universe, levels.source);
        if let Some(source) = self.sources.get_mut(&key) {
            let previous = std::mem::replace(&mut source.last, time);
            let was_active = source.is_active() && is_recent(previous, time);
            source.update(time, levels);
            return (was_active && source.is_active())
                .then(|| self.conflict(levels, previous, time))
                .flatten();
        }
        if self.sources.len() >= MAX_SOURCES {
            self.untracked += 1;
        } else {
            self.sources.insert(key, Source::new(time, levels));
        }
        None
    }

    /// The conflict with a source that sent since `previous`, when this source sent before.
    fn conflict(
        &mut self,
        levels: &Levels<'_>,
        previous: UnixTime,
        time: UnixTime,
    ) -> Option<Conflict> {
        let universe = levels.universe;
        let reported = self.source(universe, levels.source)?.reported;
        let (id, other) = self.of_mut(universe).find(|(id, other)| {
            *id != levels.source
                && other.is_active()
                && (!reported || !other.reported)
                && other.last >= previous
                && is_recent(other.last, time)
        })?;
        other.reported = true;
        let sources = [(levels.source, levels.priority), (id, other.priority)];
        self.sources.get_mut(&(universe, levels.source))?.reported = true;
        Some(Conflict { universe, sources })
    }

    fn of_mut(&mut self, universe: u16) -> impl Iterator<Item = (SourceId, &mut Source)> {
        self.sources.range_mut(range(universe)).map(|((_, id), source)| (*id, source))
    }

    /// The sources in the order of their universes.
    pub fn sources(&self) -> impl Iterator<Item = (u16, SourceId, &Source)> {
        self.sources.iter().map(|((universe, id), source)| (*universe, *id, source))
    }

    /// A source of a universe.
    pub fn source(&self, universe: u16, id: SourceId) -> Option<&Source> {
        self.sources.get(&(universe, id))
    }

    /// The number of sources that sent a universe, except those for displays only.
    pub fn sources_of(&self, universe: u16) -> u64 {
        let sources = self.sources.range(range(universe));
        sources.filter(|(_, source)| !source.preview).count() as u64
    }

    /// The datagrams of sources beyond [`MAX_SOURCES`].
    pub fn untracked(&self) -> u64 {
        self.untracked
    }
}

impl Source {
    fn new(time: UnixTime, levels: &Levels<'_>) -> Self {
        let mut source = Source {
            meter: Meter::default(),
            priority: None,
            slots: 0,
            preview: false,
            terminated: false,
            name: Name::default(),
            last: time,
            reported: false,
        };
        source.update(time, levels);
        source
    }

    fn update(&mut self, time: UnixTime, levels: &Levels<'_>) {
        self.meter.add(time, levels.len);
        self.priority = levels.priority;
        self.slots = levels.slots;
        self.preview = levels.preview;
        self.terminated = levels.terminated;
        self.name.set(levels.name);
    }

    /// Whether fixtures follow the last datagram.
    fn is_active(&self) -> bool {
        !self.preview && !self.terminated
    }

    /// The name that the source gives itself; empty if it has none.
    pub fn name(&self) -> String {
        name_of(self.name.bytes())
    }
}

/// The sources of a universe.
fn range(universe: u16) -> RangeInclusive<(u16, SourceId)> {
    let (first, last) =
        (SourceId::Cid(Cid([0; 16])), SourceId::Address(IpAddr::from([0xff_u8; 16])));
    (universe, first)..=(universe, last)
}

/// Whether a source that sent at `last` is still active at `now`.
fn is_recent(last: UnixTime, now: UnixTime) -> bool {
    now.duration_since(last) <= SILENCE
}

/// A name of a source, without the heap.
#[derive(Clone, Copy, Debug)]
struct Name {
    bytes: [u8; NAME_LEN],
    len: usize,
}

impl Default for Name {
    fn default() -> Self {
        Name { bytes: [0; NAME_LEN], len: 0 }
    }
}

impl Name {
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn set(&mut self, name: &[u8]) {
        let name = name.get(..NAME_LEN).unwrap_or(name);
        if self.bytes() != name {
            self.len = name.len();
            self.bytes.iter_mut().zip(name).for_each(|(byte, new)| *byte = *new);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cid(last: u8) -> SourceId {
        let mut cid = [0; 16];
        cid[15] = last;
        SourceId::Cid(Cid(cid))
    }

    fn at(millis: i64) -> UnixTime {
        UnixTime::from_nanos(millis * 1_000_000)
    }

    fn levels(universe: u16, source: SourceId) -> Levels<'static> {
        Levels {
            universe,
            source,
            name: b"desk",
            priority: Some(100),
            slots: 512,
            preview: false,
            terminated: false,
            len: 638,
        }
    }

    /// Feeds (time in ms, source) and returns the conflicts.
    fn conflicts(lighting: &mut Lighting, sent: &[(i64, u8)]) -> usize {
        let found =
            sent.iter().filter_map(|(time, id)| lighting.add(at(*time), &levels(1, cid(*id))));
        found.count()
    }

    #[test]
    fn a_source_has_a_name_and_a_rate() {
        let mut lighting = Lighting::default();
        for step in 0..11 {
            assert_eq!(lighting.add(at(step * 25), &levels(7, cid(1))), None);
        }
        let [(universe, id, source)] = lighting.sources().collect::<Vec<_>>()[..] else {
            panic!("one source")
        };
        assert_eq!((universe, id, source.name()), (7, cid(1), "desk".to_owned()));
        assert_eq!(source.meter.rate_pps(), Some(40.0));
        assert!(lighting.source(7, cid(2)).is_none());
    }

    #[test]
    fn two_sources_in_turns_are_reported_once() {
        let mut lighting = Lighting::default();
        let sent = [(0, 1), (10, 2), (25, 1), (35, 2), (50, 1), (60, 2)];
        let first =
            sent.iter().find_map(|(time, id)| lighting.add(at(*time), &levels(1, cid(*id))));
        let sources = [(cid(1), Some(100)), (cid(2), Some(100))];
        assert_eq!(first, Some(Conflict { universe: 1, sources }));
        assert_eq!(conflicts(&mut lighting, &sent.map(|(time, id)| (time + 100, id))), 0);
        // A third one is another conflict.
        assert_eq!(conflicts(&mut lighting, &[(200, 3), (210, 1), (220, 3), (230, 2)]), 1);
    }

    #[test]
    fn a_successor_is_no_conflict() {
        let mut lighting = Lighting::default();
        assert_eq!(conflicts(&mut lighting, &[(0, 1), (25, 1), (50, 1), (75, 2), (100, 2)]), 0);
        // The first one returns after a long silence and takes over again.
        assert_eq!(conflicts(&mut lighting, &[(9_000, 1), (9_025, 1), (9_050, 1)]), 0);
    }

    #[test]
    fn a_terminated_source_and_a_preview_are_no_conflict() {
        let mut lighting = Lighting::default();
        for step in 0..5 {
            lighting.add(at(step * 20), &levels(1, cid(1)));
            let preview = Levels { preview: true, ..levels(1, cid(2)) };
            assert_eq!(lighting.add(at(step * 20 + 5), &preview), None);
            let terminated = Levels { terminated: true, ..levels(1, cid(3)) };
            assert_eq!(lighting.add(at(step * 20 + 6), &terminated), None);
        }
    }

    #[test]
    fn other_universes_are_no_conflict() {
        let mut lighting = Lighting::default();
        for step in 0..5 {
            assert_eq!(lighting.add(at(step * 20), &levels(1, cid(1))), None);
            assert_eq!(lighting.add(at(step * 20 + 1), &levels(2, cid(2))), None);
        }
    }

    #[test]
    fn the_number_of_sources_is_bounded() {
        let mut lighting = Lighting::default();
        for number in 0..=MAX_SOURCES as u16 {
            lighting.add(at(0), &levels(number, cid(1)));
        }
        assert_eq!((lighting.sources().count(), lighting.untracked()), (MAX_SOURCES, 1));
    }

    #[test]
    fn a_long_name_is_cut() {
        let mut name = Name::default();
        name.set(&[b'x'; 70]);
        assert_eq!(name.bytes(), [b'x'; 64]);
        name.set(b"short");
        assert_eq!(name.bytes(), b"short");
    }

    proptest! {
        #[test]
        fn four_sources_are_three_conflicts_at_most(
            sent in proptest::collection::vec((0..3000_i64, 0..4_u8), 0..60),
        ) {
            let mut sent = sent;
            sent.sort_unstable();
            let mut lighting = Lighting::default();
            prop_assert!(conflicts(&mut lighting, &sent) <= 3);
        }
    }
}
