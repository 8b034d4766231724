//! What this host hears of what it sends to itself; and how a querier is made to speak.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::membership::Membership;
use super::socket::{self, Room, SendOptions};
use super::{NetError, Operation};
use crate::sys::Backend;
use crate::target::{Endpoint, Filter, Listen};
use crate::units::random;

/// How long its own datagrams are waited for: the kernel hands them over while they are sent.
const PATIENCE: Duration = Duration::from_millis(250);

/// Sends to a group without anything leaving this host, and hears it. The group stays joined until
/// this is dropped.
pub struct SelfTest {
    listen: Listen,
    receiver: Rc<std::net::UdpSocket>,
    _membership: Membership,
    backend: Backend,
}

impl SelfTest {
    /// Joins the group of `at` on its interface. Port 0 is one that the system chooses.
    ///
    /// # Errors
    /// The bind or the join that was refused.
    pub fn open(at: &Endpoint, backend: Backend) -> Result<Self, NetError> {
        let (receiver, _) = socket::receiver(at, false, Room::new(Some(64 * 1024), 1), backend)?;
        let port = receiver.local_addr().map_or(at.port, |local| local.port());
        let receiver = Rc::new(receiver);
        let mut listen =
            Listen { at: Endpoint { port, ..at.clone() }, filter: Arc::new(Filter::Any) };
        // In the source-specific range a join names its source, which here is this host.
        if let Some(own) = at.via.address.filter(|_| crate::target::is_source_specific(at.group)) {
            listen.filter = Arc::new(Filter::Include(vec![own]));
        }
        let membership = Membership::join(&receiver, &listen)?;
        Ok(SelfTest { listen, receiver, _membership: membership, backend })
    }

    /// Sends so many datagrams with a TTL of 0, which the network never sees (RFC 1112, 6.1), and
    /// counts those that come back. Answers how many were sent, and how many came.
    ///
    /// # Errors
    /// The send that was refused.
    pub fn run(&self, count: u64) -> Result<(u64, u64), NetError> {
        let at = &self.listen.at;
        let options = SendOptions { ttl: Some(0), loopback: true, dscp: None, source_port: None };
        let sender = socket::sender(at, &options, false, self.backend)?;
        let mark = mark();
        for _ in 0..count {
            sender
                .send_to(&mark, at.socket_addr())
                .map_err(|error| Operation::Send(at.clone()).failed(error))?;
        }
        Ok((count, self.hear(count, &mark)))
    }

    fn hear(&self, count: u64, mark: &[u8]) -> u64 {
        let (start, mut heard, mut bytes) = (Instant::now(), 0, [0; 64]);
        while heard < count && start.elapsed() < PATIENCE {
            match self.receiver.recv(&mut bytes) {
                Ok(len) => heard += u64::from(bytes.get(..len) == Some(mark)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(1))
                }
                Err(_) => break,
            }
        }
        heard
    }
}

/// What the datagrams of this run carry, so that no others are taken for them.
fn mark() -> [u8; 19] {
    let mut mark = *b"mcast check........";
    mark[11..].copy_from_slice(&random().to_be_bytes());
    mark
}
