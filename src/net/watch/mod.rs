//! Watching the interfaces: what is deleted, made again, brought up, or given an address.
//!
//! Linux tells by route netlink (rtnetlink(7)), so nothing is asked until something happened. Other
//! systems are asked once a second.

#[cfg(target_os = "linux")]
mod netlink;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::NetError;
use crate::host::interfaces;
use crate::iface::{Change, Family, Followed, Interface, Presence, Via};
use crate::sys::{Backend, PollSource};
use crate::target::Endpoint;

/// How often a system is asked that does not tell.
const PERIOD: Duration = Duration::from_secs(1);

/// How long after a failure to join or open again it is tried once more: an IPv6 address takes a
/// second or two to be usable (RFC 4862, 5.4).
const RETRY: Duration = Duration::from_secs(1);

/// What became of an interface, and of what was joined or sent there.
#[derive(Debug)]
pub struct InterfaceEvent {
    /// The interface, as it is now.
    pub via: Arc<Via>,
    /// For the groups of IPv4, else for those of IPv6.
    pub family: Family,
    /// What changed; nothing, where what had failed before went well now.
    pub change: Option<Change>,
    /// How many groups were joined again, or are sent to by a new socket.
    pub rejoined: usize,
}

/// What became of the interfaces.
#[derive(Debug, Default)]
pub struct InterfaceEvents {
    /// What happened.
    pub events: Vec<InterfaceEvent>,
    /// What could not be joined or opened again: each kind of error once, and how many more were
    /// like it. It is tried again.
    pub failed: Vec<(NetError, usize)>,
}

/// What could not be used again: when it is tried next, and what of it was told.
#[derive(Default)]
pub(super) struct Retry {
    at: Option<Instant>,
    told: Vec<Option<i32>>,
}

impl Retry {
    /// When to try again.
    pub fn due(&self) -> Option<Instant> {
        self.at
    }

    /// Whether it is time.
    pub fn is_due(&self) -> bool {
        self.at.is_some_and(|at| at <= Instant::now())
    }

    /// Takes note of what failed this time, and answers with what is not told yet.
    pub fn after(&mut self, failed: Failures) -> Failures {
        if failed.is_empty() {
            *self = Retry::default();
            return failed;
        }
        self.at = Some(Instant::now() + RETRY);
        let number = |(error, _): &(NetError, usize)| error.source.raw_os_error();
        let news: Failures =
            failed.into_iter().filter(|failure| !self.told.contains(&number(failure))).collect();
        self.told.extend(news.iter().map(number));
        news
    }
}

/// How many were joined or opened again on an interface.
pub(super) type Rejoined = (Arc<Via>, Family, usize);

/// What failed: each kind of error once, and how many more were like it.
pub(super) type Failures = Vec<(NetError, usize)>;

/// Adds an error to those that are known, once for each kind.
pub(super) fn note_failure(failed: &mut Failures, error: NetError) {
    match failed
        .iter_mut()
        .find(|(known, _)| known.source.raw_os_error() == error.source.raw_os_error())
    {
        Some((_, more)) => *more += 1,
        None => failed.push((error, 0)),
    }
}

/// Counts what was joined or opened again, by interface.
pub(super) fn note_joined(joined: &mut Vec<Rejoined>, via: &Arc<Via>, family: Family) {
    match joined.iter_mut().find(|(known, of, _)| Arc::ptr_eq(known, via) && *of == family) {
        Some((.., count)) => *count += 1,
        None => joined.push((Arc::clone(via), family, 1)),
    }
}

/// What was found at a look.
pub(super) struct Look {
    /// What changed, for whom.
    pub changes: Vec<(Change, Family)>,
    /// The indexes of interfaces that lost a protocol, and its memberships with it.
    pub died: Vec<(u32, Family)>,
    /// Teller were lost, so that memberships may have gone without a change that can be seen.
    pub doubtful: bool,
}

impl Look {
    /// Whether there is anything to do.
    pub fn is_news(&self) -> bool {
        self.doubtful || !self.changes.is_empty() || !self.died.is_empty()
    }
}

impl InterfaceEvent {
    /// The changes and what was joined again, each with the other where they belong together.
    pub(super) fn gather(
        changes: Vec<(Change, Family)>,
        joined: Vec<Rejoined>,
    ) -> Vec<InterfaceEvent> {
        let changed = |(change, family): (Change, Family)| InterfaceEvent {
            via: Arc::clone(&change.new),
            family,
            change: Some(change),
            rejoined: 0,
        };
        let mut events: Vec<InterfaceEvent> = changes.into_iter().map(changed).collect();
        for (via, family, rejoined) in joined {
            match events
                .iter_mut()
                .find(|event| Arc::ptr_eq(&event.via, &via) && event.family == family)
            {
                Some(event) => event.rejoined = rejoined,
                None => events.push(InterfaceEvent { via, family, change: None, rejoined }),
            }
        }
        events
    }
}

/// The interfaces in use, and the news of them.
pub(super) struct Watch {
    followed: Vec<(Followed, Family)>,
    /// What there was at the last look.
    interfaces: Vec<Interface>,
    news: Teller,
    stirred: bool,
}

enum Teller {
    #[cfg(target_os = "linux")]
    Netlink(netlink::Listener),
    Timer(Instant),
}

impl Watch {
    /// Watches the interfaces of `endpoints`, from now on.
    pub fn new<'a>(
        endpoints: impl Iterator<Item = &'a Endpoint>,
        backend: Backend,
    ) -> Result<Self, NetError> {
        // First the ears, then the eyes: what happens between the two is then seen twice, and not
        // missed.
        let news = Teller::new(backend);
        let interfaces = interfaces().map_err(NetError::list_interfaces)?;
        let mut followed: Vec<(Followed, Family)> = Vec::new();
        let mut last: Option<(*const Via, Family)> = None;
        for at in endpoints {
            let family = Family::of(at.group);
            // Endpoints of one interface mostly come together.
            if last == Some((Arc::as_ptr(&at.via), family)) {
                continue;
            }
            last = Some((Arc::as_ptr(&at.via), family));
            if !followed.iter().any(|(known, of)| Arc::ptr_eq(&known.via, &at.via) && *of == family)
            {
                followed.push((Followed::new(Arc::clone(&at.via), family, &interfaces), family));
            }
        }
        Ok(Watch { followed, interfaces, news, stirred: false })
    }

    /// The interfaces in use and how each is there.
    pub fn interfaces(&self) -> impl Iterator<Item = (&Via, Family, Presence)> {
        self.followed
            .iter()
            .map(|(followed, family)| (&*followed.via, *family, followed.presence()))
    }

    /// The name of any interface of this host.
    pub fn name_of(&self, index: u32) -> Option<&str> {
        self.interfaces.iter().find(|iface| iface.index == index).map(|iface| iface.name.as_str())
    }

    /// What to wait for, where the system tells.
    pub fn source(&self) -> Option<PollSource<'_>> {
        match &self.news {
            #[cfg(target_os = "linux")]
            Teller::Netlink(listener) => Some(listener.source()),
            Teller::Timer(_) => None,
        }
    }

    /// When to look, where it does not.
    pub fn due(&self) -> Option<Instant> {
        match &self.news {
            #[cfg(target_os = "linux")]
            Teller::Netlink(_) => None,
            Teller::Timer(next) => Some(*next),
        }
    }

    /// Takes note that the source of news can be read.
    pub fn stirred(&mut self, stirred: bool) {
        self.stirred |= stirred;
    }

    /// Whether there is something to look at.
    pub fn is_stirred(&self) -> bool {
        self.stirred
    }

    /// How an interface is there.
    pub fn presence(&self, via: &Arc<Via>, family: Family) -> Presence {
        let found = self
            .followed
            .iter()
            .find(|(followed, of)| Arc::ptr_eq(&followed.via, via) && *of == family);
        found.map_or(Presence::Gone, |(followed, _)| followed.presence())
    }

    /// What changed since the last look; `None` where there is no reason to look.
    pub fn look(&mut self) -> Result<Option<Look>, NetError> {
        let Some(Read { deleted, mut died, lost }) =
            self.news.read(std::mem::take(&mut self.stirred))
        else {
            return Ok(None);
        };
        died.retain(|(index, of)| {
            self.followed.iter().any(|(known, family)| (known.via.index, *family) == (*index, *of))
        });
        self.interfaces = interfaces().map_err(NetError::list_interfaces)?;
        let interfaces = &self.interfaces;
        let changes = self
            .followed
            .iter_mut()
            .filter_map(|(followed, family)| Some((followed.look(interfaces, &deleted)?, *family)));
        Ok(Some(Look { changes: changes.collect(), died, doubtful: lost }))
    }
}

/// What there was to read of the news.
#[derive(Default)]
struct Read {
    /// The indexes of the interfaces that were deleted.
    deleted: Vec<u32>,
    /// The indexes of those that lost a protocol, and its memberships with it.
    died: Vec<(u32, Family)>,
    /// Some of it was lost.
    lost: bool,
}

impl Teller {
    fn new(backend: Backend) -> Self {
        #[cfg(target_os = "linux")]
        if backend.is_native() {
            match netlink::Listener::open() {
                Ok(listener) => return Teller::Netlink(listener),
                Err(error) => tracing::debug!(%error, "no route netlink, looking once a second"),
            }
        }
        let _ = backend;
        Teller::Timer(Instant::now() + PERIOD)
    }

    /// What the news are; `None` where there is no reason to look.
    fn read(&mut self, stirred: bool) -> Option<Read> {
        match self {
            #[cfg(target_os = "linux")]
            Teller::Netlink(listener) => stirred.then(|| listener.read()),
            Teller::Timer(next) => {
                let _ = stirred;
                let now = Instant::now();
                if *next > now {
                    return None;
                }
                *next = now + PERIOD;
                Some(Read::default())
            }
        }
    }
}
