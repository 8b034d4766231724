//! The answers of receivers, which arrive at the sockets of the sender.

use std::io;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::{Outbox, Sender};
use crate::net::{NetError, Operation};
use crate::sys;
use crate::sys::Meta;
use crate::units::UnixTime;

/// A datagram that arrived at a sending socket.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub payload: &'a [u8],
    pub meta: &'a Meta,
    /// The time of the read.
    pub read: UnixTime,
}

impl Outbox {
    /// The sockets that receive answers, each once.
    pub(super) fn answering(&self) -> impl Iterator<Item = &Sender> {
        let routes = if self.options.answers { &self.routes[..] } else { &[] };
        let is_first = |position: usize| {
            !routes[..position]
                .iter()
                .any(|before| Rc::ptr_eq(&before.socket, &routes[position].socket))
        };
        let firsts = (0..routes.len()).filter(move |position| is_first(*position));
        firsts.map(|position| &*routes[position].socket)
    }

    /// Reads the answers that have arrived, at most one batch of each socket, and calls `take` for
    /// each. Returns whether a socket may have more. Only an outbox whose options ask for answers
    /// has any.
    ///
    /// # Errors
    /// The error of the system or of `take`.
    pub fn read_answers<E: From<NetError>>(
        &self,
        batch: &mut sys::Batch,
        mut take: impl FnMut(Answer) -> Result<ControlFlow<()>, E>,
    ) -> Result<bool, E> {
        let mut more = false;
        let mut meta = Meta::unknown();
        for sender in self.answering() {
            batch.forget_previous();
            let count = match batch.receive(&sender.socket, false) {
                Ok(count) => count,
                // An ICMP error for an earlier datagram: the next send reports it, too.
                Err(error) if is_passing(&error) => continue,
                Err(error) => return Err(Operation::ReceiveAnswers.failed(error).into()),
            };
            more |= count > 0;
            let read = UnixTime::now();
            for slot in 0..count {
                let train = batch.read(slot, &mut meta);
                if !meta.kernel_time {
                    meta.time = read;
                }
                for payload in train.datagrams() {
                    if take(Answer { payload, meta: &meta, read })?.is_break() {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(more)
    }
}

/// Whether a failed receive may be repeated.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::WouldBlock
            | Kind::Interrupted
            | Kind::ConnectionReset
            | Kind::ConnectionRefused
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
    )
}
