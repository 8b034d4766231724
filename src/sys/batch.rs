//! Receives and sends with the chosen [`Backend`].

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

use super::backend::Backend;
use super::message::Message;
use super::meta::Meta;
use super::train::Train;
use super::{imp, portable};

/// The longest sleep in a receive.
pub const LONGEST_SLEEP: Duration = Duration::from_millis(10);

/// The receive buffers of one call.
pub enum Batch {
    Native(imp::Batch),
    Portable(portable::Batch),
}

impl Batch {
    pub fn new(backend: Backend) -> Self {
        match backend {
            Backend::Native(batching) => Batch::Native(imp::Batch::new(batching)),
            Backend::Portable => Batch::Portable(portable::Batch::new()),
        }
    }

    /// Receives the waiting datagrams, as many as fit. Returns zero if none is waiting. With
    /// `sleeps`, which only Linux supports and the socket must allow, it waits up to
    /// [`LONGEST_SLEEP`].
    pub fn receive(&mut self, socket: &UdpSocket, sleeps: bool) -> io::Result<usize> {
        match self {
            Batch::Native(batch) => batch.receive(socket, sleeps),
            Batch::Portable(batch) => batch.receive(socket),
        }
    }

    /// Prepares for trains, which [`super::take_trains`] enables.
    pub fn expect_trains(&mut self) {
        match self {
            Batch::Native(batch) => batch.expect_trains(),
            Batch::Portable(_) => {}
        }
    }

    /// Reads slot `index` of the last call. `meta` must hold the metadata of the slot that was read
    /// before; the time is set only if the kernel reported it.
    #[inline]
    pub fn read(&mut self, index: usize, meta: &mut Meta) -> Train<'_> {
        match self {
            Batch::Native(batch) => batch.read(index, meta),
            Batch::Portable(batch) => batch.read(meta),
        }
    }

    /// The next slot repeats nothing: it belongs to another socket, or the interfaces changed.
    pub fn forget_previous(&mut self) {
        match self {
            Batch::Native(batch) => batch.forget_previous(),
            Batch::Portable(batch) => batch.forget_previous(),
        }
    }
}

/// Sends messages without blocking until one is refused. Returns the number of sent ones; the error
/// is that of the first one.
pub fn send(socket: &UdpSocket, messages: &[Message], backend: Backend) -> io::Result<usize> {
    match backend {
        Backend::Native(_) => imp::send(socket, messages),
        Backend::Portable => portable::send(socket, messages),
    }
}
