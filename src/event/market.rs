//! The measurements of market data.

use serde::Serialize;

use crate::format::numbered::Unit;
use crate::stats::market::Market;
use crate::stats::stream::Stream;

/// The measurements of a session of market data, over the whole run.
#[derive(Debug, Serialize)]
pub struct MarketInfo {
    /// The session, unit or channel; `null` if the group is the session.
    pub session: Option<String>,
    /// How many messages arrived, without duplicates.
    pub messages: u64,
    /// How many messages did not arrive; `null` if the format numbers datagrams.
    pub messages_lost: Option<u64>,
    /// How many datagrams only showed that the sender is alive.
    pub heartbeats: u64,
    /// How many datagrams are outside of the numbered stream: retransmissions, refreshes, resets.
    #[serde(skip)]
    pub asides: u64,
}

impl MarketInfo {
    pub(super) fn new(stream: &Stream, market: &Market) -> Self {
        let numbers_messages = stream.unit() == Unit::Messages;
        MarketInfo {
            session: market.session().map(|session| session.to_string()),
            messages: market.messages(),
            messages_lost: numbers_messages.then(|| stream.losses(false).lost),
            heartbeats: market.heartbeats(),
            asides: market.asides(),
        }
    }
}
