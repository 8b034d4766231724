//! One sending socket, and what was learnt about its queue.

use std::cell::Cell;
use std::net::{SocketAddr, UdpSocket};

use tracing::debug;

use crate::iface::Cast;
use crate::net::NetError;
use crate::net::send_result;
use crate::net::socket::{self, Marks, SendOptions};
use crate::sys::{self, Backend, LONGEST_TRAIN};
use crate::target::Endpoint;

/// A sending socket.
pub struct Sender {
    pub socket: UdpSocket,
    /// Connected to its only endpoint.
    pub connected: Cell<bool>,
    /// The maximum number of datagrams in a train; 1 without trains, `None` before the first train.
    pub longest: Cell<Option<usize>>,
    /// A queue was full, but this host's own receivers have their copy (IP_MULTICAST_LOOP comes
    /// first): the retry must not create a second one.
    pub muted: Cell<bool>,
    /// A queue was full, or may have been. Of several messages in one call the system reports only
    /// the first error, and not whether a later, refused one had its copy. From then on each call
    /// has one message.
    pub was_full: Cell<bool>,
    /// The queue stayed full for longer than the maximum wait, and no datagram has left since.
    pub stuck: Cell<bool>,
    /// The marks of the datagrams, if they differ from the options of the run.
    pub marks: Cell<Marks>,
}

impl Sender {
    pub fn open(
        at: &Endpoint,
        options: &SendOptions,
        sharing: bool,
        backend: Backend,
    ) -> Result<Self, NetError> {
        let socket = socket::sender(at, options, sharing, backend)?;
        let longest = if matches!(backend, Backend::Native(batching) if batching.offload) {
            None
        } else {
            Some(1)
        };
        let [connected, muted, was_full, stuck] = [false; 4].map(Cell::new);
        let (longest, marks) = (Cell::new(longest), Cell::new(Marks::default()));
        Ok(Sender { socket, connected, longest, muted, was_full, stuck, marks })
    }

    /// Switches the copies for this host's own receivers on or off.
    pub fn mute(&self, at: &Endpoint, muted: bool) {
        if self.muted.replace(muted) != muted {
            let options = socket::options(&self.socket);
            let set = if at.group.is_ipv4() {
                options.set_multicast_loop_v4(!muted)
            } else {
                options.set_multicast_loop_v6(!muted)
            };
            if let Err(error) = set {
                debug!(%error, "cannot set IP_MULTICAST_LOOP");
            }
        }
    }

    /// The maximum number of datagrams in a train to `at`.
    pub fn longest(&self, at: &Endpoint) -> usize {
        self.longest.get().unwrap_or_else(|| {
            let longest =
                if sys::can_send_trains(&self.socket) && !send_result::splits_trains(&at.via) {
                    LONGEST_TRAIN
                } else {
                    1
                };
            if longest > 1 {
                debug!("sending datagrams to {at} in trains (UDP_SEGMENT)");
            }
            self.longest.set(Some(longest));
            longest
        })
    }

    /// Connects the socket to its only endpoint, which saves a route lookup for each datagram. Not
    /// if the kernel selects the source address: a connected socket would keep it.
    pub fn connect(&self, at: &Endpoint, source: SocketAddr) {
        if at.cast != Cast::Multicast || Some(source.ip()) != at.via.address {
            return;
        }
        match self.socket.connect(at.socket_addr()) {
            Ok(()) => self.connected.set(true),
            Err(error) => debug!(%error, "cannot connect to {at}; addressing each datagram"),
        }
    }
}
