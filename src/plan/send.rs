//! The plan of `mcast send`.

use std::fs;
use std::time::Duration;

use super::flood_guard::{self, Traffic};
use super::pacing::Pacing;
use super::shape::{self, Shaped};
use super::{Host, PlanError, Replay, Reports, StreamPlan, payload};
use crate::cli::{ImpairArg, SendArgs};
use crate::format::exchange;
use crate::host;
use crate::iface::Family;
use crate::input::{Place, StandardInput};
use crate::net::SendOptions;
use crate::notice::{Id, Notice, advice};
use crate::sys::Backend;
use crate::target::{Endpoint, TargetRange};
use crate::units::{Period, Rate, Shape};

/// The default interval.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(2);

/// The default interval of a measured stream.
pub const DEFAULT_PROBE_INTERVAL: Duration = Duration::from_millis(100);

/// The default payload length of a measured datagram in bytes.
pub const DEFAULT_PROBE_SIZE: u16 = 64;

/// The same if the receivers report: the length of a report.
pub const DEFAULT_REPORTED_SIZE: u16 = exchange::REPORT_LEN as u16;

/// The default interval of the pieces of a file: 10.5 Mbit/s, which most networks carry.
pub const DEFAULT_PIECE_INTERVAL: Duration = Duration::from_millis(1);

/// The default length of the pieces of a file in bytes: seven packets of a transport stream, which
/// fit an Ethernet frame.
pub const DEFAULT_PIECE: usize = 1316;

/// The default interval of lines and pieces to targets that every host must process, for each of
/// them: the guard against floods permits it.
const DEFAULT_INTERVAL_TO_EVERY_HOST: Duration = Duration::from_millis(1);

/// The length of a line that the guard against floods assumes.
const LONGEST_LINE: usize = 1452;

/// The plan of `mcast send`.
#[derive(Clone, Debug)]
pub struct Send {
    /// Each endpoint once.
    pub endpoints: Vec<Endpoint>,
    /// The payload; it fits every endpoint.
    pub content: Content,
    /// The message if the input is empty: standard input that no option names.
    pub fallback: Option<Vec<u8>>,
    /// How the input is sent if it is a transport stream.
    pub stream: StreamPlan,
    /// How often the input is sent; `u64::MAX` is without end.
    pub passes: u64,
    /// The time between two rounds; `None` without pacing. That of a [`Shape`] may be the mean or
    /// the first one.
    pub period: Option<Period>,
    pub shape: Shape,
    /// The impairments, if any.
    pub impair: Option<ImpairArg>,
    /// The seed of random choices; `None` if there are none.
    pub seed: Option<u64>,
    /// Datagrams to each endpoint in a round.
    pub burst: u64,
    pub spin: SpinLimit,
    /// The limit of datagrams to each endpoint.
    pub count: Option<u64>,
    pub duration: Option<Duration>,
    /// The socket options.
    pub options: SendOptions,
    /// The reports of the receivers, if they are asked for.
    pub reports: Option<Reports>,
    /// The time between two reports on the sender, which may be for observers alone.
    pub stats: Option<Duration>,
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
    /// The datagrams of an input.
    Input(InputContent),
    /// The datagrams of a capture.
    Replay(Box<Replay>),
}

/// An input, and how to make datagrams of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputContent {
    /// Where it comes from.
    pub place: Place,
    /// How to make datagrams of it.
    pub form: InputForm,
}

/// How to make datagrams of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputForm {
    /// Pieces of this size in bytes.
    Pieces {
        /// The size in bytes.
        size: usize,
    },
    /// A datagram for each line.
    Lines {
        /// The maximum length in bytes.
        most: usize,
    },
}

impl InputForm {
    fn is_lines(self) -> bool {
        matches!(self, InputForm::Lines { .. })
    }

    /// The pacing without an option.
    fn usual_pacing(self, endpoints: &[Endpoint]) -> Pacing {
        let reached = endpoints.iter().filter(|at| flood_guard::reaches_every_host(at)).count();
        let to_every_host =
            DEFAULT_INTERVAL_TO_EVERY_HOST * u32::try_from(reached).unwrap_or(u32::MAX);
        match self {
            InputForm::Pieces { .. } => Pacing::Interval(DEFAULT_PIECE_INTERVAL.max(to_every_host)),
            InputForm::Lines { .. } if reached == 0 => Pacing::Flood,
            InputForm::Lines { .. } => Pacing::Interval(to_every_host),
        }
    }
}

impl Content {
    /// Whether each datagram is shown without `-v`.
    fn is_shown(&self) -> bool {
        let pieces = |input: &InputContent| matches!(input.form, InputForm::Pieces { .. });
        !matches!(self, Content::Probe { .. } | Content::Replay(_))
            && !matches!(self, Content::Input(input) if pieces(input))
    }

    /// The input, if the datagrams do not repeat.
    pub fn input(&self) -> Option<&InputContent> {
        if let Content::Input(input) = self { Some(input) } else { None }
    }

    /// The length of each datagram in bytes; `None` if they differ.
    pub fn len(&self) -> Option<usize> {
        match self {
            Content::Message(message) => Some(message.len()),
            Content::Probe { size } => Some(usize::from(*size)),
            Content::Input(InputContent { form: InputForm::Pieces { size }, .. }) => Some(*size),
            Content::Input(_) | Content::Replay(_) => None,
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

/// What the arguments send.
fn content(
    args: &SendArgs,
    stream: &StreamPlan,
    endpoints: &[Endpoint],
    standard: &StandardInput,
) -> Result<Content, PlanError> {
    if let Some(replay) = Replay::of(args)? {
        return Ok(Content::Replay(Box::new(replay)));
    }
    let most = endpoints.iter().map(|at| Family::of(at.group).max_payload()).min();
    let most = most.unwrap_or(Family::V4.max_payload());
    if args.probe {
        let with_reports = args.reports.reports.is_some();
        let default = if with_reports { DEFAULT_REPORTED_SIZE } else { DEFAULT_PROBE_SIZE };
        return Ok(Content::Probe { size: payload::probe_size(args, default)? });
    }
    // Without --file, the options of a transport stream refer to standard input.
    let is_input = args.file.is_some()
        || args.lines
        || stream.is_required
        || payload::is_sent_unasked(args, standard);
    if is_input {
        let size = args.size.map_or(DEFAULT_PIECE, usize::from) + stream.header();
        let form = if args.lines { InputForm::Lines { most } } else { InputForm::Pieces { size } };
        let place = args.file.clone().unwrap_or(Place::Standard);
        return Ok(Content::Input(InputContent { place, form }));
    }
    let message = payload::message(args, standard)?;
    let read = matches!(standard, StandardInput::Message(_)) && args.size.is_none();
    fits(message.len(), endpoints).map_err(|error| match error {
        PlanError::TooLong { group, max, .. } if read => PlanError::InputTooLong { group, max },
        error => error,
    })?;
    Ok(Content::Message(message))
}

/// The greatest number of datagrams in a regular file that is sent this often; `None` if the input
/// may have no end.
fn most_of_file(content: &Content, passes: u64) -> Option<u64> {
    let InputContent { place: Place::Path(path), form } = content.input()? else { return None };
    let len = fs::metadata(path).ok().filter(fs::Metadata::is_file)?.len();
    let datagrams = match form {
        InputForm::Pieces { size } => len.div_ceil(*size as u64),
        // The shortest line is empty.
        InputForm::Lines { .. } => len,
    };
    (passes < u64::MAX).then(|| datagrams.saturating_mul(passes))
}

impl Send {
    /// Plans a sender on this host.
    ///
    /// # Errors
    /// The reason why this host cannot carry it out.
    pub fn new(args: &SendArgs, host: &Host, standard: &StandardInput) -> Result<Self, PlanError> {
        let own_groups = args.replay.replay.is_some() && !args.replay.to_targets;
        let targets = if own_groups { &[] } else { args.targets.as_slice() };
        let endpoints = host.endpoints(targets, &args.common.iface)?;
        let stream = StreamPlan::new(args)?;
        let reports = Reports::new(args)?;
        let content = content(args, &stream, &endpoints, standard)?;
        // The longest datagram stands for datagrams that differ.
        let len = content.len().unwrap_or(LONGEST_LINE);
        fits(content.len().unwrap_or(0), &endpoints)?;
        let pacing = match (args.rate, args.interval, &content) {
            _ if args.flood => Pacing::Flood,
            (Some(rate @ Rate::Bits(_)), _, Content::Input(input)) if input.form.is_lines() => {
                return Err(PlanError::RateOfLines(rate));
            }
            (Some(rate), ..) => Pacing::Rate(rate),
            (None, Some(interval), _) => Pacing::Interval(interval),
            (None, None, Content::Message(_)) => Pacing::Interval(DEFAULT_INTERVAL),
            (None, None, Content::Probe { .. }) => Pacing::Interval(DEFAULT_PROBE_INTERVAL),
            (None, None, Content::Input(input)) => input.form.usual_pacing(&endpoints),
            (None, None, Content::Replay(_)) => Pacing::Flood,
        };
        let period = pacing.period(endpoints.len(), args.burst, len)?;
        let seed = shape::seed(&args.shape)?;
        let Shaped { period, shape, fastest } = Shaped::new(args, &endpoints, len, period, seed)?;
        // An input that is sent as it comes has its own pace.
        let is_input = matches!(content, Content::Input(_) | Content::Replay(_));
        let own_pace = is_input && period.is_none() && !args.flood;
        let passes = args.replay.passes.unwrap_or(1);
        if !args.force && !own_pace {
            let traffic = Traffic {
                endpoints: &endpoints,
                period: fastest,
                burst: args.burst,
                len,
                count: args.count.or_else(|| most_of_file(&content, passes)),
                duration: args.duration,
            };
            traffic.check(|at| host::link_speed(&at.via.name, at.via.index))?;
        }
        shape::check_held(args, &endpoints, len, fastest)?;
        let chosen = !own_groups && args.targets != [TargetRange::default()];
        // The default group needs no advice; an explicit TTL does.
        let mut advice = if chosen || args.ttl == Some(0) {
            advice::for_sender(&endpoints, args.ttl)
        } else {
            Vec::new()
        };
        advice.extend(host.advice(endpoints.iter()));
        let typed = &args.common.typed;
        advice.extend(typed.bare_ports.iter().copied().map(advice::bare_port));
        let ends =
            args.count.is_some() || args.duration.is_some() || matches!(content, Content::Input(_));
        let letter = args.ttl.filter(|_| typed.ttl_as_letter && !ends);
        advice.extend(letter.map(advice::ttl_is_no_time));
        let unsent = payload::is_left_unsent(args, standard);
        advice.extend(unsent.then(advice::input_not_sent));
        advice.extend(advice::for_length(content.len().unwrap_or(0), &endpoints, host::mtus));
        Ok(Send {
            period,
            shape,
            impair: args.shape.impair.clone(),
            seed,
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
                answers: reports.is_some(),
            },
            reports,
            stats: args.stats.or_else(|| args.observers.observation().interval()),
            show: (content.is_shown() && !args.flood && args.stats.is_none())
                || args.common.display.verbose > 0,
            advice,
            backend: args.common.backend(),
            fallback: payload::is_sent_unasked(args, standard)
                .then(|| payload::default_message(args)),
            endpoints,
            content,
            stream,
            passes,
        })
    }

    /// The plan that repeats `message` instead of sending an input.
    pub fn with_message(&self, message: Vec<u8>) -> Self {
        let mut plan = Send {
            content: Content::Message(message),
            fallback: None,
            period: Some(DEFAULT_INTERVAL.into()),
            show: true,
            ..self.clone()
        };
        plan.advice.retain(|notice| notice.id != Id::Fragmented);
        plan
    }
}
