//! The interfaces in use, with their states.

use std::sync::Arc;
use std::time::Instant;

use super::changes::Changes;
use super::messages::Messages;
use super::source::ChangeSource;
use crate::host::interfaces;
use crate::iface::{Change, Family, Followed, Interface, Presence, Via};
use crate::net::NetError;
use crate::sys::{Backend, PollSource};
use crate::target::Endpoint;

/// The interfaces in use, and the source of their changes.
pub struct Watch {
    followed: Vec<(Followed, Family)>,
    /// All interfaces of this host at the last poll.
    interfaces: Vec<Interface>,
    source: ChangeSource,
    /// The source is readable.
    pending: bool,
    /// The interfaces were listed again.
    relisted: bool,
}

impl Watch {
    /// Watches the interfaces of `endpoints` from now on.
    pub fn new<'a>(
        endpoints: impl Iterator<Item = &'a Endpoint>,
        backend: Backend,
    ) -> Result<Self, NetError> {
        // The source is opened before the list is read: a change in between then appears twice and
        // is not missed.
        let source = ChangeSource::new(backend);
        let interfaces = interfaces().map_err(NetError::list_interfaces)?;
        let mut followed: Vec<(Followed, Family)> = Vec::new();
        let mut last: Option<(*const Via, Family)> = None;
        for at in endpoints.filter(|at| !at.via.is_any()) {
            let family = Family::of(at.group);
            // Endpoints of one interface are mostly adjacent.
            if last == Some((Arc::as_ptr(&at.via), family)) {
                continue;
            }
            last = Some((Arc::as_ptr(&at.via), family));
            if !followed.iter().any(|(known, of)| Arc::ptr_eq(&known.via, &at.via) && *of == family)
            {
                followed.push((Followed::new(Arc::clone(&at.via), family, &interfaces), family));
            }
        }
        Ok(Watch { followed, interfaces, source, pending: false, relisted: false })
    }

    /// The interfaces in use, with the state of each.
    pub fn interfaces(&self) -> impl Iterator<Item = (&Via, Family, Presence)> {
        self.followed
            .iter()
            .map(|(followed, family)| (&*followed.via, *family, followed.presence()))
    }

    /// The name of any interface of this host.
    pub fn name_of(&self, index: u32) -> Option<&str> {
        self.interfaces.iter().find(|iface| iface.index == index).map(|iface| iface.name.as_str())
    }

    /// Whether the interfaces were listed again since the last call.
    pub fn take_relisted(&mut self) -> bool {
        std::mem::take(&mut self.relisted)
    }

    /// The interfaces of `--iface all` for a family that are not in use.
    pub fn unused(&self, family: Family) -> Vec<Arc<Via>> {
        let like = family.unspecified();
        let is_used = |iface: &Interface| {
            self.interfaces().any(|(via, of, _)| via.index == iface.index && of == family)
        };
        let unused =
            self.interfaces.iter().filter(|iface| iface.is_one_of_all(like) && !is_used(iface));
        unused.map(|iface| Arc::new(Via::of(iface, like, None, true))).collect()
    }

    /// Follows a further interface.
    pub fn follow(&mut self, via: &Arc<Via>, family: Family) {
        self.followed.push((Followed::new(Arc::clone(via), family, &self.interfaces), family));
    }

    /// The source to wait for, if the system sends messages.
    pub fn source(&self) -> Option<PollSource<'_>> {
        self.source.source()
    }

    /// The time of the next poll, if the system sends no messages.
    pub fn due(&self) -> Option<Instant> {
        self.source.due()
    }

    /// Notes whether the source is readable.
    pub fn note_pending(&mut self, pending: bool) {
        self.pending |= pending;
    }

    /// Whether the source is readable.
    pub fn is_pending(&self) -> bool {
        self.pending
    }

    /// The state of an interface.
    pub fn presence(&self, via: &Arc<Via>, family: Family) -> Presence {
        let found = self
            .followed
            .iter()
            .find(|(followed, of)| Arc::ptr_eq(&followed.via, via) && *of == family);
        found.map_or(Presence::Gone, |(followed, _)| followed.presence())
    }

    /// The changes since the last poll. `None` without changes, mostly without a system call.
    ///
    /// # Errors
    /// The interfaces cannot be listed.
    pub fn poll(&mut self) -> Result<Option<Changes>, NetError> {
        let Some(Messages { deleted, mut died, lost, .. }) =
            self.source.read(std::mem::take(&mut self.pending))
        else {
            return Ok(None);
        };
        died.retain(|(index, of)| {
            self.followed.iter().any(|(known, family)| (known.via.index, *family) == (*index, *of))
        });
        self.interfaces = interfaces().map_err(NetError::list_interfaces)?;
        self.relisted = true;
        let interfaces = &self.interfaces;
        let changes = self.followed.iter_mut().filter_map(|(followed, family)| {
            Some((followed.update(interfaces, &deleted)?, *family))
        });
        let changes: Vec<(Change, Family)> = changes.collect();
        // Windows may list a removed interface as down until it returns: nothing shows whether its
        // memberships are still there. Leaving and joining again restores them.
        let returned = |(change, family): &(Change, Family)| {
            let is_back = change.was == Presence::Down && change.now != Presence::Down;
            (cfg!(windows) && is_back).then_some((change.new.index, *family))
        };
        died.extend(changes.iter().filter_map(returned));
        let changes = Changes { changes, died, doubtful: lost };
        Ok(Some(changes).filter(|changes| !changes.is_empty()))
    }
}
