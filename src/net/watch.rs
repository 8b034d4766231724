//! Watching the interfaces: what is deleted, made again, brought up, or given an address.
//!
//! Linux tells by route netlink (rtnetlink(7)), so nothing is asked until something happened. Other systems are asked once a second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::sys::PollSource;
use super::{Backend, Endpoint, NetError, interfaces};
use crate::iface::{Change, Followed, Interface, Presence, Via};

/// How often a system is asked that does not tell.
const PERIOD: Duration = Duration::from_secs(1);

/// What became of an interface, and of what was joined or sent there.
#[derive(Debug)]
pub struct Moved {
    /// What became of the interface.
    pub change: Change,
    /// For the groups of IPv4, else for those of IPv6.
    pub ipv4: bool,
    /// How many groups were joined again, or are sent to by a new socket.
    pub rejoined: usize,
    /// What could not be joined or opened again.
    pub errors: Vec<NetError>,
}

/// The interfaces in use, and the news of them.
pub(super) struct Watch {
    followed: Vec<(Followed, bool)>,
    /// What there was at the last look.
    interfaces: Vec<Interface>,
    news: News,
    stirred: bool,
}

enum News {
    #[cfg(target_os = "linux")]
    Netlink(netlink::Listener),
    Timer(Instant),
}

impl Watch {
    /// Watches the interfaces of `endpoints`, from now on.
    pub fn new<'a>(endpoints: impl Iterator<Item = &'a Endpoint>, backend: Backend) -> Result<Self, NetError> {
        // First the ears, then the eyes: what happens between the two is then seen twice, and not missed.
        let news = News::new(backend);
        let interfaces = interfaces()?;
        let mut followed: Vec<(Followed, bool)> = Vec::new();
        let mut last: Option<(*const Via, bool)> = None;
        for at in endpoints {
            let ipv4 = at.group.is_ipv4();
            // Endpoints of one interface mostly come together.
            if last == Some((Arc::as_ptr(&at.via), ipv4)) {
                continue;
            }
            last = Some((Arc::as_ptr(&at.via), ipv4));
            if !followed.iter().any(|(known, family)| Arc::ptr_eq(&known.via, &at.via) && *family == ipv4) {
                followed.push((Followed::new(Arc::clone(&at.via), ipv4, &interfaces), ipv4));
            }
        }
        Ok(Watch { followed, interfaces, news, stirred: false })
    }

    /// The interfaces in use and how each is there; `true` is for IPv4.
    pub fn interfaces(&self) -> impl Iterator<Item = (&Via, bool, Presence)> {
        self.followed.iter().map(|(followed, ipv4)| (&*followed.via, *ipv4, followed.presence()))
    }

    /// The name of any interface of this host.
    pub fn name_of(&self, index: u32) -> Option<&str> {
        self.interfaces.iter().find(|iface| iface.index == index).map(|iface| iface.name.as_str())
    }

    /// What to wait for, where the system tells.
    pub fn source(&self) -> Option<PollSource<'_>> {
        match &self.news {
            #[cfg(target_os = "linux")]
            News::Netlink(listener) => Some(listener.source()),
            News::Timer(_) => None,
        }
    }

    /// When to look, where it does not.
    pub fn due(&self) -> Option<Instant> {
        match &self.news {
            #[cfg(target_os = "linux")]
            News::Netlink(_) => None,
            News::Timer(next) => Some(*next),
        }
    }

    /// Takes note that the source of news can be read.
    pub fn stirred(&mut self, stirred: bool) {
        self.stirred |= stirred;
    }

    /// What changed since the last look, for whom (`true` is IPv4).
    pub fn look(&mut self) -> Result<Vec<(Change, bool)>, NetError> {
        let Some(deleted) = self.news.read(std::mem::take(&mut self.stirred)) else { return Ok(Vec::new()) };
        self.interfaces = interfaces()?;
        let interfaces = &self.interfaces;
        let changes = self.followed.iter_mut().filter_map(|(followed, ipv4)| Some((followed.look(interfaces, &deleted)?, *ipv4)));
        Ok(changes.collect())
    }
}

impl News {
    fn new(backend: Backend) -> Self {
        #[cfg(target_os = "linux")]
        if backend == Backend::Native {
            match netlink::Listener::open() {
                Ok(listener) => return News::Netlink(listener),
                Err(error) => tracing::debug!(%error, "no route netlink, looking once a second"),
            }
        }
        let _ = backend;
        News::Timer(Instant::now() + PERIOD)
    }

    /// Whether there is reason to look, and the indexes of the interfaces that are known to have been deleted.
    fn read(&mut self, stirred: bool) -> Option<Vec<u32>> {
        match self {
            #[cfg(target_os = "linux")]
            News::Netlink(listener) => stirred.then(|| listener.read()),
            News::Timer(next) => {
                let _ = stirred;
                let now = Instant::now();
                if *next > now {
                    return None;
                }
                *next = now + PERIOD;
                Some(Vec::new())
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod netlink {
    use netlink_packet_core::{NetlinkMessage, NetlinkPayload};
    use netlink_packet_route::RouteNetlinkMessage;
    use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
    use std::io;
    use tracing::debug;

    use crate::net::sys::PollSource;

    /// The news of links, and of IPv4 and IPv6 addresses (RTMGRP_*, linux/rtnetlink.h).
    const GROUPS: u32 = 0x1 | 0x10 | 0x100;

    /// A socket that hears the kernel's news.
    pub struct Listener(Socket);

    impl Listener {
        pub fn open() -> io::Result<Self> {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind(&SocketAddr::new(0, GROUPS))?;
            socket.set_non_blocking(true)?;
            Ok(Listener(socket))
        }

        pub fn source(&self) -> PollSource<'_> {
            crate::net::sys::borrow(&self.0)
        }

        /// Reads all the news there is; answers with the indexes of deleted interfaces. News may be lost in a storm of them: the look at what there
        /// is still finds everything but an interface that got its old index again.
        pub fn read(&self) -> Vec<u32> {
            let mut deleted = Vec::new();
            let mut bytes = Vec::with_capacity(16 * 1024);
            loop {
                bytes.clear();
                match self.0.recv_from(&mut bytes, 0) {
                    Ok(_) => deleted.extend(deleted_links(&bytes)),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return deleted,
                    Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => debug!("news of interfaces were lost"),
                    Err(error) => {
                        debug!(%error, "cannot read the news of interfaces");
                        return deleted;
                    }
                }
            }
        }
    }

    fn deleted_links(mut bytes: &[u8]) -> Vec<u32> {
        let mut deleted = Vec::new();
        while let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(bytes) {
            if let NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelLink(link)) = &message.payload {
                deleted.push(link.header.index);
            }
            let len = (message.header.length as usize).next_multiple_of(4);
            if len == 0 || len >= bytes.len() {
                break;
            }
            bytes = &bytes[len..];
        }
        deleted
    }
}
