//! Many datagrams in: the sockets of everything that is listened to, and the buffers that they are read into.

use std::io;
use std::ops::ControlFlow;
use std::time::{Instant, SystemTime};

use tracing::{debug, trace};

use super::channel::{Channel, Rejoining, Upheaval};
use super::limits;
use super::packing::{Pack, pack};
use super::wait::{Many, wait_for};
use super::watch::{Failures, Look, Moved, Moves, Rejoined, Retry, Watch};
use super::{Backend, Datagram, Listen, NetError, Operation, Wake, sys};
use crate::iface::{Presence, Via};

/// The receive buffer, in the bytes that `SO_RCVBUF` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rcvbuf {
    /// What the user asked for; `None` asks for as much as the system grants.
    pub asked: Option<usize>,
    /// What the system granted, where it says.
    pub granted: Option<usize>,
}

/// The sockets that hear what is listened to.
pub struct Inbox {
    channels: Vec<Channel>,
    batch: sys::Batch,
    /// Waits for many sockets at the cost of those that are ready.
    many: Option<Many>,
    ready: Vec<usize>,
    watch: Watch,
    /// How many memberships wait for their interface, or could not be joined again.
    inactive: usize,
    retry: Retry,
    rcvbuf: Rcvbuf,
    backend: Backend,
    foreign: u64,
}

impl Inbox {
    /// Opens the sockets and joins every group. `rcvbuf` is what each socket's receive buffer should be, in bytes.
    ///
    /// # Errors
    /// The operation that the system refused; what was joined before it is left.
    pub fn open(listens: &[Listen], rcvbuf: Option<usize>, backend: Backend) -> Result<Self, NetError> {
        // Watched before anything is joined, so that nothing goes unnoticed in between.
        let watch = Watch::new(listens.iter().map(|listen| &listen.at), backend)?;
        let sockets = limits::sockets_for(listens.len());
        // Who is not told the destination of a datagram needs a socket for each group to tell it.
        let tells_groups = cfg!(target_os = "linux") && backend.is_native();
        let most = |ipv4: bool| if tells_groups { groups_a_socket(ipv4) } else { 1 };
        let too_many = |needed| Operation::Listen { targets: listens.len(), sockets: needed }.failed(sys::too_many_files());
        let packs = pack(listens, sockets, most).map_err(too_many)?;

        let mut channels = Vec::with_capacity(packs.len());
        let opened = open_all(&packs, listens, rcvbuf, backend, &mut channels);
        if opened.is_err() {
            // The last one first, as when leaving.
            while channels.pop().is_some() {}
        }
        let granted = opened?;
        debug!(targets = listens.len(), sockets = channels.len(), "joined all");
        let many = Many::for_sockets(channels.iter().map(|channel| &*channel.socket))?;
        let batch = sys::Batch::new(backend);
        Ok(Inbox {
            channels,
            batch,
            many,
            ready: Vec::new(),
            watch,
            inactive: 0,
            retry: Retry::default(),
            rcvbuf: granted,
            backend,
            foreign: 0,
        })
    }

    /// The receive buffer of each socket.
    pub fn rcvbuf(&self) -> Rcvbuf {
        self.rcvbuf
    }

    /// The interfaces that are listened on, and how each is there; `true` is for IPv4.
    pub fn interfaces(&self) -> impl Iterator<Item = (&Via, bool, Presence)> {
        self.watch.interfaces()
    }

    /// Waits until datagrams are there, until `until`, or until something of `wake` or of the interfaces happens. Answers whether the reader of the
    /// output is gone.
    ///
    /// # Errors
    /// What the system refused.
    pub fn wait(&mut self, wake: Wake, until: Option<Instant>) -> Result<bool, NetError> {
        let until = until.into_iter().chain(self.watch.due()).chain(self.retry.due()).min();
        let woken = match &self.many {
            Some(many) => {
                let woken = wait_for([many.source()], self.watch.source(), wake, until, &mut self.ready)?;
                if !self.ready.is_empty() {
                    many.ready(&mut self.ready)?;
                }
                woken
            }
            None => {
                let sockets = self.channels.iter().map(|channel| sys::borrow(&*channel.socket));
                wait_for(sockets, self.watch.source(), wake, until, &mut self.ready)?
            }
        };
        self.watch.stirred(woken.interfaces);
        Ok(woken.reader_gone)
    }

    /// Whether the last wait found a socket ready.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether there may be news of the interfaces, to be followed.
    pub fn has_news(&self) -> bool {
        self.watch.is_stirred()
    }

    /// Follows the interfaces: what was deleted and made again is joined again. Answers what happened: mostly nothing, at the cost of a look at two
    /// flags.
    ///
    /// # Errors
    /// The interfaces cannot be listed.
    pub fn follow(&mut self) -> Result<Moves, NetError> {
        let look = self.watch.look()?.filter(Look::is_news);
        if look.is_none() && !self.retry.is_due() {
            return Ok(Moves::default());
        }
        let changes = look.map_or_else(Vec::new, |Look { changes, died, doubtful }| {
            // A list of the kernel's that is read while others come and go has gaps: what is in neither of two is not there.
            let groups = if doubtful { [super::groups(), super::groups()] } else { Default::default() };
            let news = Upheaval { changes: &changes, died: &died, groups: &groups };
            // The last one first, as when leaving.
            self.inactive = self.channels.iter_mut().rev().map(|channel| channel.note(&news)).sum();
            changes
        });
        let (joined, failed) = if self.inactive > 0 { self.rejoin()? } else { Default::default() };
        Ok(Moves { moves: Moved::gather(changes, joined), failed: self.retry.after(failed) })
    }

    /// Joins what is not joined and can be. Answers how many, by interface, and what failed.
    fn rejoin(&mut self) -> Result<(Vec<Rejoined>, Failures), NetError> {
        let mut rejoining = Rejoining {
            watch: &self.watch,
            rcvbuf: self.rcvbuf.asked,
            backend: self.backend,
            taken: self.channels.iter().flat_map(Channel::active).collect(),
            joined: Vec::new(),
            failed: Vec::new(),
        };
        for (position, channel) in self.channels.iter_mut().enumerate() {
            let replaced = channel.rejoin(&mut rejoining);
            if let (true, Some(many)) = (replaced, &self.many) {
                many.add(position, &channel.socket)?;
            }
        }
        Ok((rejoining.joined, rejoining.failed))
    }

    /// Reads one batch from each socket that the last wait found ready, and hands each datagram to `take`. Where that breaks off, what is left
    /// of its batch is forgotten, and its reason is the answer.
    ///
    /// # Errors
    /// What the system refused, or what `take` failed with.
    pub fn read<B, E: From<NetError>>(
        &mut self,
        mut take: impl FnMut(Datagram) -> Result<ControlFlow<B>, E>,
    ) -> Result<ControlFlow<B>, E> {
        for &position in &self.ready {
            let channel = &self.channels[position];
            let count = match self.batch.receive(&channel.socket) {
                Ok(count) => count,
                Err(error) if is_passing(&error) => continue,
                Err(error) => {
                    let at = &channel.first().at;
                    return Err(Operation::Receive(at.group, at.port).failed(error).into());
                }
            };
            let read = SystemTime::now();
            for slot in 0..count {
                let (payload, meta) = self.batch.get(slot);
                let Some(membership) = channel.membership(meta) else {
                    self.foreign += 1;
                    trace!(source = %meta.source, destination = ?meta.destination, ifindex = ?meta.ifindex, "not for a joined group");
                    continue;
                };
                let endpoint = &membership.listen().at;
                let arrived_elsewhere = meta.ifindex.filter(|index| *index != endpoint.via.index);
                let iface = match arrived_elsewhere {
                    Some(index) => self.watch.name_of(index),
                    None => meta.ifindex.map(|_| endpoint.via.name.as_str()),
                };
                let flow = take(Datagram { payload, meta, endpoint, iface, read })?;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// How many datagrams the kernel had no room for in the sockets' buffers, where it says. The last ones before this call are counted too.
    pub fn kernel_drops(&self) -> Option<u64> {
        self.channels.iter().map(Channel::dropped).sum()
    }

    /// Whether the system tells on which interface a datagram arrived.
    pub fn tells_interfaces(&self) -> bool {
        cfg!(target_os = "linux") && self.backend.is_native()
    }

    /// How many datagrams reached the sockets without being sent to a joined group on its interface.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Leaves every group, and says which were left, in the order in which they were joined.
    pub fn leave(self) -> Vec<Result<Listen, NetError>> {
        // Linux looks for a group among all of its interface, the newest first: leaving in this order finds each at once, in the other one
        // ten thousand groups take half a second and sixty thousand half a minute.
        let mut left: Vec<_> = self.channels.into_iter().rev().flat_map(Channel::leave).collect();
        left.reverse();
        left
    }
}

/// Opens a socket for each pack, and answers with their receive buffer.
fn open_all(
    packs: &[Pack],
    listens: &[Listen],
    rcvbuf: Option<usize>,
    backend: Backend,
    channels: &mut Vec<Channel>,
) -> Result<Rcvbuf, NetError> {
    let mut granted = Rcvbuf { asked: rcvbuf, granted: None };
    for pack in packs {
        let mut rest: Vec<&Listen> = pack.iter().map(|position| &listens[*position]).collect();
        while let Some(first) = rest.first() {
            let (channel, buffer, joined) = if rest.len() == 1 {
                let (channel, buffer) = Channel::open(first, rcvbuf, backend)?;
                (channel, buffer, 1)
            } else {
                Channel::open_shared(&rest, rcvbuf, backend)?
            };
            granted = buffer;
            channels.push(channel);
            rest.drain(..joined);
        }
    }
    Ok(granted)
}

/// How many groups one socket may join. IPv6 has no such limit but the memory of its options, whose end shows itself.
fn groups_a_socket(ipv4: bool) -> usize {
    // The kernel searches a socket's list in order for each datagram, so that long ones are slow.
    const ENOUGH: usize = 1000;
    let limit = if ipv4 { limits::sysctl(limits::MOST_GROUPS) } else { None };
    limit.and_then(|limit| usize::try_from(limit).ok()).map_or(ENOUGH, |limit| limit.min(ENOUGH))
}

/// Whether a receive that failed may simply be tried again: nothing waits, a signal came, or the answer to an earlier send of somebody else is
/// reported here (Windows does that).
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::WouldBlock | Kind::Interrupted | Kind::ConnectionReset | Kind::ConnectionRefused)
}
