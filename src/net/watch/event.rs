//! The events of an interface, with what was joined or opened again there.

use std::sync::Arc;

use crate::iface::{Change, Family, Via};
use crate::net::NetError;

/// An event of an interface, and of what was joined or sent there.
#[derive(Debug)]
pub struct InterfaceEvent {
    /// The interface, as it is now.
    pub via: Arc<Via>,
    /// For the groups of IPv4, else for those of IPv6.
    pub family: Family,
    /// What changed; `None` if only an earlier failure succeeded now.
    pub change: Option<Change>,
    /// How many groups were joined again, or are sent to by a new socket.
    pub rejoined: usize,
    /// It appeared while every interface was to be joined on (`--iface all`).
    pub appeared: bool,
}

/// The events of all interfaces.
#[derive(Debug, Default)]
pub struct InterfaceEvents {
    /// The events.
    pub events: Vec<InterfaceEvent>,
    /// What could not be joined or opened again: each kind of error once, and how many more were
    /// like it. It is tried again.
    pub failed: Vec<(NetError, usize)>,
}

impl InterfaceEvent {
    /// The changes and what was joined again, each with the other where they belong together.
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

/// How many were joined or opened again on an interface.
pub(in crate::net) type Rejoined = (Arc<Via>, Family, usize);

/// Counts what was joined or opened again, by interface.
pub(in crate::net) fn note_joined(joined: &mut Vec<Rejoined>, via: &Arc<Via>, family: Family) {
    match joined.iter_mut().find(|(known, of, _)| Arc::ptr_eq(known, via) && *of == family) {
        Some((.., count)) => *count += 1,
        None => joined.push((Arc::clone(via), family, 1)),
    }
}
