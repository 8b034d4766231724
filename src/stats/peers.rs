//! Senders that share something beyond their own streams: the sources of one lighting universe, and
//! the clocks of one PTP domain.

use std::net::IpAddr;

use super::lighting::{Conflict, Levels, Lighting, SourceId};
use super::ptp::{Change, Clocks};
use crate::format::artnet::{self, ArtNet};
use crate::format::kind::Format;
use crate::format::{ptp, sacn};
use crate::units::UnixTime;

/// Older news is dropped if it is not taken.
const MOST_NEWS: usize = 64;

/// Sources of universes and clocks of domains.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    /// The sources of lighting universes.
    pub lighting: Lighting,
    /// The clocks of PTP domains.
    pub clocks: Clocks,
    news: Vec<News>,
}

/// A change that the user needs to know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Two sources send one universe.
    Universe(Conflict),
    /// Another grandmaster took over a domain, or a domain has two.
    Clock(Change),
}

impl Peers {
    /// Adds a datagram of a format with peers; others have no effect.
    pub fn note(&mut self, format: Format, payload: &[u8], source: IpAddr, time: UnixTime) {
        let news = match format {
            Format::Sacn => self.sacn(payload, time),
            Format::Artnet => self.artnet(payload, source, time),
            Format::Ptp => ptp::read(payload)
                .and_then(|ptp| self.clocks.add(time, &ptp, payload.len()))
                .map(News::Clock),
            _ => None,
        };
        if self.news.len() < MOST_NEWS {
            self.news.extend(news);
        }
    }

    /// Whether there is news.
    pub fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// The news since the last call.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    fn sacn(&mut self, payload: &[u8], time: UnixTime) -> Option<News> {
        let sacn::Sacn { cid, body: sacn::Body::Data(data) } = sacn::read(payload)? else {
            return None;
        };
        let levels = Levels {
            universe: data.universe,
            source: SourceId::Cid(cid),
            name: data.name,
            priority: Some(data.priority),
            slots: data.slots,
            preview: data.preview,
            terminated: data.terminated,
            len: payload.len(),
        };
        self.lighting.add(time, &levels).map(News::Universe)
    }

    fn artnet(&mut self, payload: &[u8], source: IpAddr, time: UnixTime) -> Option<News> {
        let ArtNet::Levels(levels) = artnet::read(payload)? else { return None };
        let levels = Levels {
            universe: levels.universe,
            source: SourceId::Address(source),
            name: &[],
            priority: None,
            slots: levels.slots,
            preview: false,
            terminated: false,
            len: payload.len(),
        };
        self.lighting.add(time, &levels).map(News::Universe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels of universe 3 in Art-Net.
    const LEVELS: &[u8] = b"Art-Net\0\x00\x50\x00\x0e\x01\x00\x03\x00\x00\x02\xff\xff";

    #[test]
    fn two_art_net_sources_on_one_universe_are_news_once() {
        let mut peers = Peers::default();
        for step in 0..20_u8 {
            let source = IpAddr::from([10, 0, 0, step % 2]);
            let time = UnixTime::from_nanos(i64::from(step) * 20_000_000);
            peers.note(Format::Artnet, LEVELS, source, time);
            peers.note(Format::Iperf, LEVELS, source, time);
        }
        let news = peers.take_news();
        assert!(matches!(news[..], [News::Universe(Conflict { universe: 3, .. })]), "{news:?}");
        assert_eq!(peers.take_news(), []);
    }
}
