//! Receiving and sending by the chosen [`Backend`].

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

use super::backend::Backend;
use super::message::Message;
use super::train::Train;
use super::{imp, portable};

/// The longest sleep in a receive.
pub const LONGEST_SLEEP: Duration = Duration::from_millis(10);

/// Buffers for the datagrams of one call, and the way to fill them.
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

    /// Receives what is waiting on `socket`, as much as fits. Zero if nothing waits. Only with
    /// `sleeps`, which the socket must allow and only Linux has, it waits for something, for
    /// [`LONGEST_SLEEP`] at most.
    pub fn receive(&mut self, socket: &UdpSocket, sleeps: bool) -> io::Result<usize> {
        match self {
            Batch::Native(batch) => batch.receive(socket, sleeps),
            Batch::Portable(batch) => batch.receive(socket),
        }
    }

    /// Takes note that trains will come, which [`super::take_trains`] brings.
    pub fn expect_trains(&mut self) {
        match self {
            Batch::Native(batch) => batch.expect_trains(),
            Batch::Portable(_) => {}
        }
    }

    /// The content of slot `index` since the last call. Each call reads it out of the kernel's own
    /// structures.
    pub fn get(&self, index: usize) -> Train<'_> {
        match self {
            Batch::Native(batch) => batch.get(index),
            Batch::Portable(batch) => batch.get(index),
        }
    }
}

/// Sends messages, without blocking, until one is refused. Answers how many left; the error is that
/// of the first one.
pub fn send(socket: &UdpSocket, messages: &[Message], backend: Backend) -> io::Result<usize> {
    match backend {
        Backend::Native(_) => imp::send(socket, messages),
        Backend::Portable => portable::send(socket, messages),
    }
}
