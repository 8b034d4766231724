//! How a receiver measures, shows and judges datagrams, from sockets or from a capture.

use std::io::{self, IsTerminal};
use std::net::IpAddr;
use std::time::Duration;

use super::PlanError;
use super::recording::{self, Recording};
use crate::assertion::Assertion;
use crate::cli::{DisplayArgs, RecvArgs};
use crate::report::Output;
use crate::stats::flow::Settings;
use crate::target::{Target, TargetPair};
use crate::verdict::Limits;

/// How a receiver measures, shows and judges datagrams.
#[derive(Clone, Debug)]
pub struct Measuring {
    /// The conditions to stop.
    pub limits: Limits,
    /// The time between two reports, which may be for observers alone.
    pub stats: Option<Duration>,
    /// Observers take the reports.
    pub observed: bool,
    /// Observers draw the delays of each stream.
    pub spreads: bool,
    /// Each datagram is shown.
    pub show: bool,
    pub assertions: Vec<Assertion>,
    /// The targets of which two each carry the same stream.
    pub pairs: Vec<(Target, Target)>,
    /// How to recognise and measure the streams of other senders.
    pub formats: Settings,
    pub recording: Option<Recording>,
}

impl Measuring {
    /// What the arguments ask for. `local` are the addresses whose senders use the same clock.
    ///
    /// # Errors
    /// Payloads would reach a terminal unescaped.
    pub fn new(args: &RecvArgs, local: Vec<IpAddr>) -> Result<Self, PlanError> {
        let DisplayArgs { quiet, verbose, .. } = args.common.display;
        let is_hidden = args.stats.is_some() || recording::hides_datagrams(args);
        let show = quiet == 0 && (!is_hidden || verbose > 0);
        if may_disturb_terminal(args, show) && io::stdout().is_terminal() {
            return Err(PlanError::RawToTerminal);
        }
        let recording = Recording::new(args, io::stdout().is_terminal())?;
        let observed = args.observers.observation().interval();
        Ok(Measuring {
            recording,
            limits: Limits {
                count: args.count,
                duration: args.duration,
                timeout: args.timeout,
                idle: args.idle,
                once: args.once,
            },
            stats: args.stats.or(observed),
            observed: observed.is_some(),
            spreads: args.observers.observation().draws_delays(),
            show,
            assertions: args.assert.clone(),
            pairs: args.pair.iter().flat_map(TargetPair::targets).collect(),
            formats: Settings {
                rtp_clock: args.rtp_clock,
                choice: args.format,
                trust_clock: args.trust_clock,
                local,
            },
        })
    }
}

/// Whether payloads would reach a terminal unescaped.
fn may_disturb_terminal(args: &RecvArgs, show: bool) -> bool {
    args.output == Output::Raw && show && !args.force
}
