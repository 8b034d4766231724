//! The measurements that only one format has.

use super::SenderDetail;
use crate::format::kind::Format;
use crate::format::numbered::Numbered;
use crate::stats::market::Market;
use crate::stats::rtp::RtpDetail;
use crate::stats::sequence::{Losses, RangeOrder};
use crate::stats::ts::TsMeter;

/// The measurements that only one format has.
#[derive(Clone, Debug, Default)]
pub enum Detail {
    /// None: the numbers are all.
    #[default]
    None,
    /// RTP.
    Rtp(Box<RtpDetail>),
    /// A transport stream without RTP.
    Ts(Box<TsMeter>),
    /// Market data, or a described header that counts messages.
    Market(Box<Market>),
    /// A test tool, a source of levels or a PTP clock.
    Sender(SenderDetail),
}

impl Detail {
    /// The measurements of a stream whose first datagram is `payload`. Those of RTP and transport
    /// streams have constructors of their own.
    pub fn new(format: Format, payload: &[u8]) -> Self {
        let market = match format {
            Format::Market(preset) => Some(Market::of_preset(preset, payload)),
            Format::Described(header) => Market::of_header(header, payload),
            _ => None,
        };
        let market = market.map(|market| Detail::Market(Box::new(market)));
        let sender = || SenderDetail::new(format, payload).map(Detail::Sender);
        market.or_else(sender).unwrap_or_default()
    }

    /// Adds a datagram of a format with one number for each datagram or message. `order` is that
    /// of its numbers; `None` if it is outside of the sequence, or if the next datagram decides.
    /// Returns whether the stream ends with it although it holds data.
    pub fn note(&mut self, payload: &[u8], numbered: &Numbered, order: Option<RangeOrder>) -> bool {
        match self {
            Detail::Market(market) => {
                market.note(payload, numbered, order);
                false
            }
            Detail::Sender(sender) => sender.note(payload, numbered),
            Detail::None | Detail::Rtp(_) | Detail::Ts(_) => false,
        }
    }

    /// The measurements of a new run of the same stream.
    pub fn fresh(&self) -> Detail {
        match self {
            Detail::None => Detail::None,
            Detail::Rtp(detail) => Detail::Rtp(Box::new(detail.fresh())),
            Detail::Ts(_) => Detail::Ts(Box::default()),
            Detail::Market(market) => Detail::Market(Box::new(market.fresh())),
            Detail::Sender(sender) => Detail::Sender(sender.fresh()),
        }
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Detail::None | Detail::Sender(_) => 0,
            Detail::Rtp(detail) => size_of::<RtpDetail>() + detail.bytes(),
            Detail::Ts(meter) => size_of::<TsMeter>() + meter.bytes(),
            Detail::Market(_) => size_of::<Market>(),
        }
    }

    /// The interarrival jitter in ns by the timestamps of the format.
    pub fn jitter(&self) -> Option<f64> {
        match self {
            Detail::Rtp(detail) => detail.meter.jitter(),
            Detail::None | Detail::Ts(_) | Detail::Market(_) | Detail::Sender(_) => None,
        }
    }

    /// Whether the timestamps fit a PTP clock that the sender shares with this host.
    pub fn follows_ptp(&self) -> bool {
        matches!(self, Detail::Rtp(detail) if detail.meter.ptp_delay().is_some())
    }

    /// The losses, if the format counts them without a sequence; of the run, or since the last
    /// mark.
    pub fn losses(&self, interval: bool) -> Option<Losses> {
        match self {
            Detail::Ts(meter) if interval => Some(meter.losses_since_mark()),
            Detail::Ts(meter) => Some(meter.losses()),
            Detail::None | Detail::Rtp(_) | Detail::Market(_) | Detail::Sender(_) => None,
        }
    }

    /// Begins an interval.
    pub fn mark(&mut self) {
        match self {
            Detail::Ts(meter) => meter.mark(),
            Detail::Rtp(detail) => detail.transport.mark(),
            Detail::None | Detail::Market(_) | Detail::Sender(_) => {}
        }
    }
}
