//! The plan of `mcast send --replay`.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Host, PlanError};
use crate::cli::{Flow, SendArgs};
use crate::iface::Wanted;
use crate::input::Place;
use crate::target::{Endpoint, TargetRange};
use crate::units::Speed;

/// The plan of `mcast send --replay`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The capture.
    pub place: Place,
    pub speed: Speed,
    /// How often the capture is sent; `u64::MAX` is without end.
    pub passes: u64,
    /// The longest gap, in time of the capture.
    pub max_gap: Option<Duration>,
    /// The chosen flows; all multicast flows if empty.
    pub only: Vec<Flow>,
    /// The chosen interfaces of the capture; all if empty.
    pub capture_ifaces: Vec<String>,
    /// Whether only one of several copies is sent.
    pub drop_copies: bool,
    pub keep_ttl: bool,
    pub keep_dscp: bool,
    /// All datagrams go to the targets that the user named, and not to their own groups.
    pub to_targets: bool,
    /// The interfaces to send on.
    pub wanted: Vec<Wanted>,
    /// The result of a first look; `None` for a pipe.
    pub found: Option<Found>,
    /// Most datagrams are in the capture more than once, captured on these interfaces.
    pub doubled: Option<Vec<String>>,
    /// Send any rate to groups that every host must process.
    pub force: bool,
}

/// The datagrams of a capture that are sent in one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub datagrams: u64,
    /// From the first to the last.
    pub duration: Duration,
    /// The whole capture was read.
    pub is_whole: bool,
}

impl Replay {
    /// The replay that the arguments ask for.
    ///
    /// # Errors
    /// [`PlanError::EndlessFlood`].
    pub fn of(args: &SendArgs) -> Result<Option<Self>, PlanError> {
        let options = &args.replay;
        let Some(place) = options.replay.clone() else { return Ok(None) };
        let passes = options.passes.unwrap_or(1);
        let has_end = passes < u64::MAX || args.count.is_some() || args.duration.is_some();
        if options.speed == Speed::Max && !has_end && !args.force {
            return Err(PlanError::EndlessFlood { rate: "as fast as possible".to_owned() });
        }
        Ok(Some(Replay {
            place,
            speed: options.speed,
            passes,
            max_gap: options.max_gap.0,
            only: options.only.clone(),
            capture_ifaces: options.capture_iface.clone(),
            drop_copies: options.drop_copies,
            keep_ttl: options.keep_ttl,
            keep_dscp: options.keep_dscp,
            to_targets: options.to_targets,
            wanted: args.common.iface.clone(),
            found: None,
            doubled: None,
            force: args.force,
        }))
    }

    /// The endpoints of these destinations of a capture. A destination that nobody can send to has
    /// none.
    ///
    /// # Errors
    /// As in [`Host::endpoints`].
    pub fn endpoints(
        &self,
        destinations: impl IntoIterator<Item = SocketAddr>,
        host: &Host,
    ) -> Result<Vec<Endpoint>, PlanError> {
        // A port of 0 and the unspecified address are no targets.
        let ranges: Vec<TargetRange> = destinations
            .into_iter()
            .filter(|to| !to.ip().is_unspecified())
            .filter_map(|to| to.to_string().parse().ok())
            .collect();
        host.endpoints(&ranges, &self.wanted)
    }
}
