//! What a market-data stream shows beside its numbers: its session, messages and heartbeats.

use super::sequence::RangeOrder;
use crate::format::described::Header;
use crate::format::market::{Preset, Session};
use crate::format::numbered::{Content, Numbered, Unit};

/// The counters of one session of market data.
#[derive(Clone, Debug)]
pub struct Market {
    /// The format, if it numbers datagrams: their messages must be counted one by one.
    datagrams_of: Option<&'static Preset>,
    session: Option<Session>,
    messages: u64,
    heartbeats: u64,
    asides: u64,
    /// The messages of the last datagram that waits for a decision of the sequence.
    held: u64,
}

impl Market {
    /// A session of a known format, whose first datagram is `payload`.
    pub fn of_preset(preset: &'static Preset, payload: &[u8]) -> Self {
        let numbers_datagrams = preset.numbering().unit == Unit::Datagrams;
        let datagrams_of = Some(preset).filter(|_| numbers_datagrams);
        Market { datagrams_of, ..Market::new(preset.session(payload)) }
    }

    /// A session of a described header; `None` if that does not count messages.
    pub fn of_header(header: &Header, payload: &[u8]) -> Option<Self> {
        header.count?;
        Some(Market::new(header.key_parts(payload).map(Session::of_key)))
    }

    fn new(session: Option<Session>) -> Self {
        Market { datagrams_of: None, session, messages: 0, heartbeats: 0, asides: 0, held: 0 }
    }

    /// The session after the sender began again with the last datagram but one.
    pub fn fresh(&self) -> Self {
        Market { messages: self.held, heartbeats: 0, asides: 0, held: 0, ..*self }
    }

    /// Adds a datagram. `order` is that of its numbers; `None` if it is outside of the sequence, or
    /// if the next datagram decides.
    pub fn note(&mut self, payload: &[u8], numbered: &Numbered, order: Option<RangeOrder>) {
        let count = match numbered.content {
            Content::Data { count, .. } => count,
            Content::Heartbeat { .. } => return self.heartbeats += 1,
            Content::Aside => return self.asides += 1,
            Content::End { .. } => return,
        };
        let reading = self.datagrams_of.and_then(|preset| preset.inspect(payload));
        let Some(order) = order else {
            self.held = reading.map_or(count, |reading| reading.messages);
            return;
        };
        let fresh = order.new + order.late;
        match reading.filter(|_| fresh > 0) {
            Some(reading) => {
                self.messages = self.messages.saturating_add(reading.messages);
                self.heartbeats += u64::from(reading.heartbeat);
            }
            None if self.datagrams_of.is_some() => {}
            None => self.messages = self.messages.saturating_add(fresh),
        }
    }

    /// The session, unit or channel, if the format has one.
    pub fn session(&self) -> Option<Session> {
        self.session
    }

    /// The messages received, each once.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// The datagrams that only show that the sender is alive.
    pub fn heartbeats(&self) -> u64 {
        self.heartbeats
    }

    /// The datagrams outside of the numbered stream: retransmissions, refreshes, resets.
    pub fn asides(&self) -> u64 {
        self.asides
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::market::by_name;

    fn numbered(content: Content) -> Numbered {
        Numbered { key: 0, content, sent: None }
    }

    fn data(count: u64) -> Numbered {
        numbered(Content::Data { first: 1, count })
    }

    const NEW: Option<RangeOrder> =
        Some(RangeOrder { new: 3, duplicate: 0, late: 0, stale: 0, extent: 0 });
    const PARTLY: Option<RangeOrder> =
        Some(RangeOrder { new: 1, duplicate: 3, late: 2, stale: 0, extent: 1 });
    const COPY: Option<RangeOrder> =
        Some(RangeOrder { new: 0, duplicate: 3, late: 0, stale: 0, extent: 0 });

    #[test]
    fn each_message_counts_once() {
        let mut market = Market::of_preset(by_name("moldudp64").unwrap(), b"DAY1      ");
        market.note(&[], &data(3), NEW);
        market.note(&[], &data(3), COPY);
        market.note(&[], &data(6), PARTLY);
        assert_eq!(market.messages(), 6);
    }

    #[test]
    fn messages_of_numbered_datagrams_count_with_their_datagram() {
        let message = [10, 0, 0, 0, 46, 0, 1, 0, 1, 0];
        let payload = [&[1, 0, 0, 0][..], &[0; 8], &message, &message].concat();
        let mut market = Market::of_preset(by_name("mdp3").unwrap(), &payload);
        market.note(&payload, &data(1), NEW);
        market.note(&payload, &data(1), COPY);
        assert_eq!((market.messages(), market.heartbeats(), market.session()), (2, 0, None));
        let mut heartbeat = payload[..22].to_vec();
        heartbeat[16] = 12;
        market.note(&heartbeat, &data(1), NEW);
        assert_eq!((market.messages(), market.heartbeats()), (3, 1));
    }

    #[test]
    fn heartbeats_and_retransmissions_count_apart() {
        let header: Header = "seq=u32be@0,count=u8@4,key=u8@5".parse().unwrap();
        let mut market = Market::of_header(&header, &[0, 0, 0, 1, 1, 7]).unwrap();
        market.note(&[], &numbered(Content::Heartbeat { next: 1 }), None);
        market.note(&[], &numbered(Content::Aside), None);
        market.note(&[], &numbered(Content::End { next: None }), None);
        assert_eq!((market.heartbeats(), market.asides(), market.messages()), (1, 1, 0));
        assert_eq!(market.session(), Some(Session::Number(7)));
    }

    #[test]
    fn a_header_without_messages_is_no_market_data() {
        let header: Header = "seq=u32be@0".parse().unwrap();
        assert!(Market::of_header(&header, &[0; 4]).is_none());
    }

    #[test]
    fn a_new_run_begins_with_the_held_datagram() {
        let mut market = Market::of_preset(by_name("moldudp64").unwrap(), b"DAY1      ");
        market.note(&[], &data(3), NEW);
        market.note(&[], &data(4), None);
        let mut fresh = market.fresh();
        fresh.note(&[], &data(3), NEW);
        assert_eq!((market.messages(), fresh.messages()), (3, 7));
    }
}
