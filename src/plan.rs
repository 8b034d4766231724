//! What the command line means: resolved against this host, validated, with every default in one place.

use std::ffi::OsString;
use std::net::IpAddr;
use std::time::Duration;

use thiserror::Error;

use crate::iface::{self, IfaceError, Interface, Route};
use crate::net::{self, Backend, Endpoint, NetError, SendOptions};
use crate::target::Target;

/// The text that `send` sends where none is given.
pub const DEFAULT_MESSAGE: &str = "hello world";

/// The time between datagrams where none is given.
pub const DEFAULT_INTERVAL: &str = "2s";

/// The TTL or hop limit where none is given: datagrams stay on this network (RFC 1112, 6.1).
pub const DEFAULT_TTL: u8 = 1;

/// How long `recv` goes on listening after its COMMAND has ended, and how long it waits for it before stopping it.
pub const COMMAND_GRACE: Duration = Duration::from_millis(500);

/// What `mcast send` does.
#[derive(Clone, Debug)]
pub struct Send {
    /// Where to, each once.
    pub endpoints: Vec<Endpoint>,
    /// What each datagram carries; it fits every endpoint.
    pub payload: Vec<u8>,
    /// The time from one round of one datagram to each endpoint to the next.
    pub interval: Duration,
    /// Stop after this many rounds.
    pub count: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
    /// What the sockets set.
    pub options: SendOptions,
    /// How the system is asked.
    pub backend: Backend,
}

/// What `mcast recv` does.
#[derive(Clone, Debug)]
pub struct Recv {
    /// What to join, each once.
    pub endpoints: Vec<Endpoint>,
    /// When to stop.
    pub limits: Limits,
    /// The receive buffer in bytes; as much as the system grants where `None`.
    pub rcvbuf: Option<usize>,
    /// A command to run once every group is joined, and its arguments; empty for none.
    pub command: Vec<OsString>,
    /// How the system is asked.
    pub backend: Backend,
}

/// When receiving stops. Each is counted from the moment when every group is joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// After exactly this many datagrams.
    pub count: Option<u64>,
    /// After this time, whatever came.
    pub duration: Option<Duration>,
    /// The longest to wait for all of `count`; without a count, for the first datagram.
    pub timeout: Option<Duration>,
    /// After this time of silence, once something has come.
    pub idle: Option<Duration>,
}

/// Why a command line cannot be carried out on this host.
#[derive(Debug, Error)]
pub enum PlanError {
    /// No interface for a target.
    #[error(transparent)]
    Iface(#[from] IfaceError),
    /// The interfaces could not be listed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The payload is longer than a datagram can be.
    #[error(
        "the message is {len} bytes long, and a datagram to {group} carries at most {max}\n  tip: send less, or split it; up to 1472 bytes travel unfragmented on Ethernet"
    )]
    TooLong {
        /// The length of the payload in bytes.
        len: usize,
        /// The group.
        group: IpAddr,
        /// The most that fits, in bytes.
        max: usize,
    },
}

/// What a plan is made against: the interfaces of the host, and the kernel's routes.
pub struct Host {
    interfaces: Vec<Interface>,
    route: fn(IpAddr, &[Interface]) -> Option<Route>,
}

impl Host {
    /// This host, as it is now.
    ///
    /// # Errors
    /// Where the interfaces cannot be listed.
    pub fn here() -> Result<Self, PlanError> {
        Ok(Host { interfaces: net::interfaces()?, route: net::route_to })
    }

    /// Finds the interface of each target. A target that is given twice is taken once.
    ///
    /// # Errors
    /// Where a target has no interface, or more than one would do.
    pub fn endpoints(&self, targets: &[Target], iface: Option<&str>) -> Result<Vec<Endpoint>, PlanError> {
        let mut endpoints = Vec::with_capacity(targets.len());
        for target in targets {
            let route = || (self.route)(target.group, &self.interfaces);
            let via = iface::choose(&self.interfaces, target, iface, route)?;
            let endpoint = Endpoint { group: target.group, port: target.port, via };
            if !endpoints.contains(&endpoint) {
                endpoints.push(endpoint);
            }
        }
        Ok(endpoints)
    }
}

/// Holds a payload against what a datagram to each endpoint can carry.
///
/// # Errors
/// [`PlanError::TooLong`].
pub fn fits(payload: &[u8], endpoints: &[Endpoint]) -> Result<(), PlanError> {
    let (len, too_long) = (payload.len(), |at: &&Endpoint| payload.len() > net::max_payload(at.group));
    endpoints
        .iter()
        .find(too_long)
        .map_or(Ok(()), |at| Err(PlanError::TooLong { len, group: at.group, max: net::max_payload(at.group) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::Address;

    fn host() -> Host {
        let e0 = Interface {
            name: "e0".to_owned(),
            index: 2,
            addresses: vec![Address { ip: "10.0.0.101".parse().unwrap(), prefix: Some(24) }],
            up: true,
            multicast: true,
            ..Interface::default()
        };
        Host { interfaces: vec![e0], route: |_, _| None }
    }

    #[test]
    fn a_target_given_twice_is_taken_once() {
        let targets = ["239.1.1.1:5", "239.1.1.2:5", "239.1.1.1:5"].map(|text| text.parse().unwrap());
        assert_eq!(host().endpoints(&targets, None).unwrap().len(), 2);
    }

    #[test]
    fn a_payload_is_held_to_the_longest_datagram() {
        let endpoints = host().endpoints(&[Target::default()], Some("e0")).unwrap();
        assert!(fits(&[0; 65_507], &endpoints).is_ok());
        let error = fits(&[0; 65_508], &endpoints).unwrap_err().to_string();
        assert!(error.contains("65508") && error.contains("at most 65507"), "{error}");
    }
}
