//! Waits for new IPv6 addresses. They are unusable during duplicate address detection, which takes
//! a second or two (RFC 4862, 5.4).

use std::thread;
use std::time::{Duration, Instant};

use super::send;
use crate::cli::{PingArgs, SendArgs, menu};
use crate::host;
use crate::net::{self, NetError};
use crate::plan::{self, Host, PlanError};
use crate::report::Reporter;
use crate::target::Endpoint;
use crate::verdict::RunError;

/// The longest wait: detection starts after up to a second and takes another one.
const MAX_WAIT: Duration = Duration::from_secs(3);

/// How often the addresses are read.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The longest wait for an address after its interface came up: the kernel detects a carrier after
/// up to a second.
const MAX_WAIT_FOR_FIRST: Duration = Duration::from_secs(2);

/// The plan of `mcast send`, once the interface has an address to send from.
///
/// # Errors
/// The plan is not possible on this host.
pub fn plan_to_send(args: &SendArgs) -> Result<plan::Send, PlanError> {
    let standard = plan::standard_input(args)?;
    once_addressed(|host| {
        let mut plan = plan::Send::new(args, host, &standard)?;
        send::prepare(&mut plan, host)?;
        Ok(plan)
    })
}

/// The plan of `mcast ping`, once the interface has an address to send from.
///
/// # Errors
/// The plan is not possible on this host.
pub fn plan_to_ping(args: &PingArgs) -> Result<plan::Ping, PlanError> {
    let expected = args.expect.as_ref().map(plan::read_expected).transpose()?;
    once_addressed(|host| plan::Ping::new(args, host, expected.as_deref()))
}

fn once_addressed<T>(plan: impl Fn(&Host) -> Result<T, PlanError>) -> Result<T, PlanError> {
    let end = Instant::now() + MAX_WAIT_FOR_FIRST;
    loop {
        match Host::here(&menu::ask).map_err(PlanError::from).and_then(|host| plan(&host)) {
            Err(error) if error.is_passing() && Instant::now() < end => {
                thread::sleep(POLL_INTERVAL);
            }
            planned => return planned,
        }
    }
}

/// Waits until the addresses that belong to `endpoints` are usable, or for [`MAX_WAIT`]. A signal
/// ends the wait.
///
/// # Errors
/// The interfaces cannot be listed.
pub fn wait_for_addresses<'a>(
    endpoints: impl Iterator<Item = &'a Endpoint> + Clone,
    reporter: &Reporter,
) -> Result<(), RunError> {
    let is_pending = |at: &Endpoint| {
        let address = at.via.address.filter(|_| at.via.pinned);
        at.group.is_ipv6() && host::is_tentative(at.via.index, address)
    };
    if !endpoints.clone().any(is_pending) {
        return Ok(());
    }
    // Detection does not start without a carrier.
    let interfaces = host::interfaces().map_err(NetError::list_interfaces)?;
    let carries = |at: &&Endpoint| {
        let iface = interfaces.iter().find(|iface| iface.index == at.via.index);
        iface.is_some_and(|iface| iface.up && iface.carrier() != Some(false))
    };
    let end = Instant::now() + MAX_WAIT;
    while endpoints.clone().filter(carries).any(is_pending)
        && Instant::now() < end
        && reporter.signal().is_none()
    {
        net::wait(reporter.wake(), Some(Instant::now() + POLL_INTERVAL))?;
    }
    Ok(())
}
