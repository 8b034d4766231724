//! The plan of `mcast recv --read`.

use super::recv::chosen_targets;
use super::{Measuring, PlanError, Selection, Sources};
use crate::cli::RecvArgs;
use crate::input::Place;

/// The plan of `mcast recv --read`. It does not depend on this host.
#[derive(Clone, Debug)]
pub struct Read {
    /// The capture.
    pub place: Place,
    pub selection: Selection,
    pub measuring: Measuring,
}

impl Read {
    /// Plans to read the capture at a place.
    ///
    /// # Errors
    /// The arguments contradict each other.
    pub fn new(place: &Place, args: &RecvArgs) -> Result<Self, PlanError> {
        let sources = Sources { include: args.source.clone(), exclude: args.exclude.clone() };
        Ok(Read {
            place: place.clone(),
            selection: Selection::new(chosen_targets(args), sources, &args.common.iface)?,
            // The clock of another host made the capture, or this host's clock at another time.
            measuring: Measuring::new(args, Vec::new())?,
        })
    }
}
