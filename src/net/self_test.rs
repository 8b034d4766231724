//! A test whether this host receives its own multicast.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::membership::Membership;
use super::receive_buffer::ReceiveBuffers;
use super::socket::{self, SendOptions};
use super::{NetError, Operation};
use crate::sys::Backend;
use crate::target::{Endpoint, Filter, Listen};
use crate::units::random;

/// The maximum wait: the kernel delivers these datagrams while it sends them.
const TIMEOUT: Duration = Duration::from_millis(250);

/// Sends to a group and receives on this host only. The membership lasts until this is dropped.
pub struct SelfTest {
    listen: Listen,
    receiver: Rc<std::net::UdpSocket>,
    _membership: Membership,
    backend: Backend,
}

impl SelfTest {
    /// Joins the group of `at` on its interface. With port 0 the system selects one.
    ///
    /// # Errors
    /// The bind or the join that was refused.
    pub fn open(at: &Endpoint, backend: Backend) -> Result<Self, NetError> {
        let buffers = ReceiveBuffers::new(Some(64 * 1024), 1);
        let receiver = socket::receiver(at, false, &buffers, backend)?.socket;
        let port = receiver.local_addr().map_or(at.port, |local| local.port());
        let receiver = Rc::new(receiver);
        let mut listen =
            Listen { at: Endpoint { port, ..at.clone() }, filter: Arc::new(Filter::Any) };
        // A join in the SSM range needs a source, which is this host.
        if let Some(own) = at.via.address.filter(|_| crate::target::is_source_specific(at.group)) {
            listen.filter = Arc::new(Filter::Include(vec![own]));
        }
        let membership = Membership::join(&receiver, &listen)?;
        Ok(SelfTest { listen, receiver, _membership: membership, backend })
    }

    /// Sends `count` datagrams with TTL 0, which never leave the host (RFC 1112, 6.1). Returns the
    /// numbers sent and received.
    ///
    /// # Errors
    /// The send that was refused.
    pub fn run(&self, count: u64) -> Result<(u64, u64), NetError> {
        let at = &self.listen.at;
        let options = SendOptions {
            ttl: Some(0),
            loopback: true,
            dscp: None,
            source_port: None,
            answers: false,
        };
        let sender = socket::sender(at, &options, false, self.backend)?;
        let mark = mark();
        for _ in 0..count {
            sender
                .send_to(&mark, at.socket_addr())
                .map_err(|error| Operation::Send(at.clone()).failed(error))?;
        }
        Ok((count, self.count_received(count, &mark)))
    }

    fn count_received(&self, count: u64, mark: &[u8]) -> u64 {
        let (start, mut received, mut bytes) = (Instant::now(), 0, [0; 64]);
        while received < count && start.elapsed() < TIMEOUT {
            match self.receiver.recv(&mut bytes) {
                Ok(len) => received += u64::from(bytes.get(..len) == Some(mark)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(1))
                }
                Err(_) => break,
            }
        }
        received
    }
}

/// The payload of this run, which distinguishes its datagrams from others.
fn mark() -> [u8; 19] {
    let mut mark = *b"mcast check........";
    mark[11..].copy_from_slice(&random().to_be_bytes());
    mark
}
