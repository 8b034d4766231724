//! The events of an interface, with the number of rejoined groups or reopened sockets.

use std::sync::Arc;

use crate::iface::{Change, Family, Via};
use crate::net::NetError;

/// An event of an interface, with the number of its rejoined groups or reopened sockets.
#[derive(Debug)]
pub struct InterfaceEvent {
    /// The current state of the interface.
    pub via: Arc<Via>,
    /// The family of the affected targets.
    pub family: Family,
    /// `None` if only a retry succeeded.
    pub change: Option<Change>,
    /// The number of rejoined groups, or of targets with a new socket.
    pub rejoined: usize,
    /// The interface appeared during `--iface all`.
    pub appeared: bool,
}

/// The events of all interfaces.
#[derive(Debug, Default)]
pub struct InterfaceEvents {
    pub events: Vec<InterfaceEvent>,
    /// The failures, which are retried: each kind of error once, with the number of similar ones.
    pub failed: Vec<(NetError, usize)>,
}

impl InterfaceEvent {
    /// Combines the changes with the rejoined groups of the same interface.
    pub(in crate::net) fn gather(
        changes: Vec<(Change, Family)>,
        joined: Vec<Rejoined>,
    ) -> Vec<InterfaceEvent> {
        let changed = |(change, family): (Change, Family)| InterfaceEvent {
            via: Arc::clone(&change.new),
            family,
            change: Some(change),
            rejoined: 0,
            appeared: false,
        };
        let mut events: Vec<InterfaceEvent> = changes.into_iter().map(changed).collect();
        for (via, family, rejoined) in joined {
            match events
                .iter_mut()
                .find(|event| Arc::ptr_eq(&event.via, &via) && event.family == family)
            {
                Some(event) => event.rejoined = rejoined,
                None => events.push(InterfaceEvent {
                    via,
                    family,
                    change: None,
                    rejoined,
                    appeared: false,
                }),
            }
        }
        events
    }
}

/// The number of rejoined groups or reopened sockets of an interface.
pub(in crate::net) type Rejoined = (Arc<Via>, Family, usize);

/// Counts a rejoined group or a reopened socket.
pub(in crate::net) fn note_joined(joined: &mut Vec<Rejoined>, via: &Arc<Via>, family: Family) {
    match joined.iter_mut().find(|(known, of, _)| Arc::ptr_eq(known, via) && *of == family) {
        Some((.., count)) => *count += 1,
        None => joined.push((Arc::clone(via), family, 1)),
    }
}
