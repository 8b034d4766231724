//! The plan of `mcast ping`.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use super::flood_guard::Traffic;
use super::{Host, PlanError, fits};
use crate::assertion::Assertion;
use crate::cli::PingArgs;
use crate::host;
use crate::iface::Wanted;
use crate::net::SendOptions;
use crate::notice::{Notice, advice};
use crate::sys::Backend;
use crate::target::{Endpoint, TargetRange};

/// The plan of `mcast ping`.
#[derive(Clone, Debug)]
pub struct Ping {
    /// Each endpoint once.
    pub endpoints: Vec<Endpoint>,
    /// The payload length of each request.
    pub size: u16,
    /// The time between two requests to a target.
    pub interval: Duration,
    /// The limit of requests to each target.
    pub count: Option<u64>,
    pub duration: Option<Duration>,
    /// How long to wait for answers after the last request.
    pub wait: Duration,
    /// Receivers that answered get unicast requests, too.
    pub unicast: bool,
    /// The most replies a second.
    pub reply_budget: u64,
    /// The addresses that must answer; `None` without `--expect`.
    pub expected: Option<Vec<IpAddr>>,
    pub assertions: Vec<Assertion>,
    pub spin: bool,
    pub options: SendOptions,
    /// The time between two reports to observers; `None` without observers.
    pub progress: Option<Duration>,
    /// Printed before the run.
    pub advice: Vec<Notice>,
    pub backend: Backend,
}

impl Ping {
    /// Plans a ping on this host. `expected` are the addresses of `--expect`.
    ///
    /// # Errors
    /// The reason why this host cannot carry it out.
    pub fn new(
        args: &PingArgs,
        host: &Host,
        expected: Option<&[IpAddr]>,
    ) -> Result<Self, PlanError> {
        let endpoints = endpoints(args, host)?;
        fits(args.size.into(), &endpoints)?;
        if !args.force {
            check_rate(args, &endpoints)?;
        }
        let mut advice = advice::for_sender(&endpoints, args.ttl);
        advice.extend(host.advice(endpoints.iter()));
        let typed = &args.common.typed;
        advice.extend(typed.bare_ports.iter().copied().map(advice::bare_port));
        advice.extend(advice::for_length(args.size.into(), &endpoints, host::mtus));
        Ok(Ping {
            size: args.size,
            interval: args.interval,
            count: args.count,
            duration: args.duration,
            wait: args.wait,
            unicast: args.unicast,
            reply_budget: args.reply_budget,
            expected: expected.map(<[IpAddr]>::to_vec),
            assertions: args.assert.clone(),
            spin: args.spin,
            options: SendOptions {
                ttl: args.ttl,
                loopback: true,
                dscp: args.dscp,
                source_port: args.source_port,
                answers: true,
            },
            progress: args.observers.observation().interval(),
            advice,
            backend: args.common.backend(),
            endpoints,
        })
    }
}

/// The endpoints of all targets. The source of a target is the address to send from.
fn endpoints(args: &PingArgs, host: &Host) -> Result<Vec<Endpoint>, PlanError> {
    let (mut endpoints, mut known) = (Vec::new(), HashSet::new());
    let mut add = |range: &[TargetRange], wanted: &[Wanted]| -> Result<(), PlanError> {
        let found = host.endpoints(range, wanted)?;
        endpoints.extend(found.into_iter().filter(|at| known.insert(at.clone())));
        Ok(())
    };
    // All targets without a source share the user's choice from the menu.
    let (sourced, others): (Vec<_>, Vec<_>) =
        args.targets.iter().cloned().partition(|range| range.source().is_some());
    add(&others, &args.common.iface)?;
    for range in sourced {
        let source = range.source().map(|source| Wanted::Named(source.to_string()));
        let wanted = if args.common.iface.is_empty() {
            source.as_slice()
        } else {
            args.common.iface.as_slice()
        };
        add(std::slice::from_ref(&range), wanted)?;
    }
    Ok(endpoints)
}

/// Refuses the floods that `send` refuses.
fn check_rate(args: &PingArgs, endpoints: &[Endpoint]) -> Result<(), PlanError> {
    let traffic = Traffic {
        endpoints,
        period: Some(args.interval.into()),
        burst: 1,
        len: args.size.into(),
        count: args.count,
        duration: args.duration,
    };
    traffic.check(|at| host::link_speed(&at.via.name, at.via.index)).map_err(|error| match error {
        PlanError::FloodOfEveryHost { group, more, rate, most, .. } => {
            let shortest = Duration::from_secs_f64((1 + more) as f64 / most);
            PlanError::PingOfEveryHost { group, more, rate, most, shortest }
        }
        other => other,
    })
}
