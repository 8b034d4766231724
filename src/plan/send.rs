//! The plan of `mcast send`.

use std::time::Duration;

use super::flood_guard::Traffic;
use super::{Host, PlanError};
use crate::cli::SendArgs;
use crate::host;
use crate::iface::Family;
use crate::net::SendOptions;
use crate::notice::{Notice, advice};
use crate::sys::Backend;
use crate::target::{Endpoint, TargetRange};
use crate::units::{Period, Rate};

/// The default interval.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(2);

/// The default interval of a measured stream.
pub const DEFAULT_PROBE_INTERVAL: Duration = Duration::from_millis(100);

/// The default payload length of a measured datagram in bytes.
pub const DEFAULT_PROBE_SIZE: u16 = 64;

/// The plan of `mcast send`.
#[derive(Clone, Debug)]
pub struct Send {
    /// Each endpoint once.
    pub endpoints: Vec<Endpoint>,
    /// The payload; it fits every endpoint.
    pub content: Content,
    /// The time between two rounds; `None` without pacing.
    pub period: Option<Period>,
    /// Datagrams to each endpoint in a round.
    pub burst: u64,
    pub spin: SpinLimit,
    /// The limit of datagrams to each endpoint.
    pub count: Option<u64>,
    pub duration: Option<Duration>,
    /// The socket options.
    pub options: SendOptions,
    pub show: bool,
    /// Printed before the run.
    pub advice: Vec<Notice>,
    pub backend: Backend,
}

/// The payload of datagrams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The same bytes in each datagram.
    Message(Vec<u8>),
    /// A measured stream.
    Probe {
        /// The length in bytes.
        size: u16,
    },
}

impl Content {
    /// The length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Content::Message(message) => message.len(),
            Content::Probe { size } => usize::from(*size),
        }
    }
}

/// How much of a core the sender may use to send on time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpinLimit {
    /// Half a core, or a whole one at a high rate that half a core cannot pace.
    Usual,
    /// This share of a core, above 0 and up to 1.
    Budget(f64),
    /// A whole core: the sender never sleeps.
    Core,
}

/// The pacing of datagrams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// The time between two datagrams to the same endpoint.
    Interval(Duration),
    /// The rate of all endpoints together.
    Rate(Rate),
    /// No pacing.
    Flood,
}

impl Pacing {
    /// The time between two rounds of `burst` datagrams of `len` bytes to each of `endpoints`;
    /// `None` without pacing.
    ///
    /// # Errors
    /// [`PlanError::NothingToPace`].
    pub fn period(
        self,
        endpoints: usize,
        burst: u64,
        len: usize,
    ) -> Result<Option<Period>, PlanError> {
        match self {
            Pacing::Rate(rate @ Rate::Bits(_)) if len == 0 => Err(PlanError::NothingToPace(rate)),
            Pacing::Interval(interval) => Ok(Some(Period::from(interval).times(burst))),
            Pacing::Rate(rate) => {
                Ok(Some(Period::of(rate, burst.saturating_mul(endpoints as u64), len)))
            }
            Pacing::Flood => Ok(None),
        }
    }
}

/// Checks that a payload of `len` bytes fits a datagram to each endpoint.
///
/// # Errors
/// [`PlanError::TooLong`].
pub fn fits(len: usize, endpoints: &[Endpoint]) -> Result<(), PlanError> {
    let too_long = |at: &&Endpoint| len > Family::of(at.group).max_payload();
    endpoints.iter().find(too_long).map_or(Ok(()), |at| {
        Err(PlanError::TooLong { len, group: at.group, max: Family::of(at.group).max_payload() })
    })
}

impl Send {
    /// Plans a sender on this host.
    ///
    /// # Errors
    /// The reason why this host cannot carry it out.
    pub fn new(args: &SendArgs, host: &Host) -> Result<Self, PlanError> {
        let endpoints = host.endpoints(&args.targets, &args.common.iface)?;
        let content = if args.probe {
            Content::Probe { size: args.size.unwrap_or(DEFAULT_PROBE_SIZE) }
        } else {
            Content::Message(args.message.clone().into_bytes())
        };
        fits(content.len(), &endpoints)?;
        let usual = if args.probe { DEFAULT_PROBE_INTERVAL } else { DEFAULT_INTERVAL };
        let pacing = match args.rate {
            _ if args.flood => Pacing::Flood,
            Some(rate) => Pacing::Rate(rate),
            None => Pacing::Interval(args.interval.unwrap_or(usual)),
        };
        let period = pacing.period(endpoints.len(), args.burst, content.len())?;
        if !args.force {
            let traffic = Traffic {
                endpoints: &endpoints,
                period,
                burst: args.burst,
                len: content.len(),
                count: args.count,
                duration: args.duration,
            };
            traffic.check(|at| host::link_speed(&at.via.name, at.via.index))?;
        }
        let chosen = args.targets != [TargetRange::default()];
        // The default group needs no advice; an explicit TTL does.
        let mut advice = if chosen || args.ttl == Some(0) {
            advice::for_sender(&endpoints, args.ttl)
        } else {
            Vec::new()
        };
        advice.extend(host.advice(endpoints.iter()));
        let typed = &args.common.typed;
        advice.extend(typed.bare_ports.iter().copied().map(advice::bare_port));
        let ends = args.count.is_some() || args.duration.is_some();
        let letter = args.ttl.filter(|_| typed.ttl_as_letter && !ends);
        advice.extend(letter.map(advice::ttl_is_no_time));
        advice.extend(advice::for_length(content.len(), &endpoints, host::mtus));
        Ok(Send {
            period,
            burst: args.burst,
            spin: match args.spin_budget {
                _ if args.spin => SpinLimit::Core,
                Some(share) => SpinLimit::Budget(share),
                None => SpinLimit::Usual,
            },
            count: args.count,
            duration: args.duration,
            options: SendOptions {
                ttl: args.ttl,
                loopback: !args.no_loop,
                dscp: args.dscp,
                source_port: args.source_port,
            },
            show: !(args.probe || args.flood) || args.common.display.verbose > 0,
            advice,
            backend: args.common.backend(),
            endpoints,
            content,
        })
    }
}
