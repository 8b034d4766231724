//! The part of the plan of a replay that depends on its capture.

use std::fs;
use std::net::{IpAddr, SocketAddr};

use super::survey::survey;
use crate::cli::menu::Answer;
use crate::host;
use crate::iface::Interface;
use crate::input::{Input, Place};
use crate::notice::advice;
use crate::plan::{self, Content, Host, PlanError};
use crate::target::Endpoint;

/// Looks at the capture of a replay, if it is a file, and adds its endpoints to the plan.
///
/// # Errors
/// The file is no capture, or this host can send none of its datagrams.
pub fn prepare(plan: &mut plan::Send, host: &Host) -> Result<(), PlanError> {
    let Content::Replay(replay) = &mut plan.content else { return Ok(()) };
    // Opening and closing a FIFO would end the program that writes to it.
    let is_pipe = match &replay.place {
        Place::Path(path) => fs::metadata(path).is_ok_and(|found| !found.is_file()),
        Place::Standard => Input::open(&replay.place)?.size().is_none(),
    };
    if is_pipe {
        return match replay.passes {
            1 => Ok(()),
            _ => Err(PlanError::OnePass(replay.place.quoted())),
        };
    }
    let mut input = Input::open(&replay.place)?;
    input.rewind().map_err(|error| input.failed(error))?;
    let survey = survey(replay, input).map_err(|error| {
        let tip = error.tip("mcast send --replay", &replay.place);
        let tip = tip.map(|tip| format!("\n  tip: {tip}")).unwrap_or_default();
        PlanError::Capture { place: replay.place.quoted(), error, tip }
    })?;
    replay.found = Some(survey.found);
    replay.doubled = survey.doubled;
    if !replay.to_targets {
        plan.endpoints = endpoints(replay, &survey.destinations, host)?;
        plan.advice.extend(advice::for_sender(&plan.endpoints, plan.options.ttl));
        plan.advice.extend(host.advice(plan.endpoints.iter()));
    }
    plan.advice.extend(advice::for_length(survey.longest, &plan.endpoints, host::mtus));
    Ok(())
}

/// The endpoints of the destinations of a capture. If this host cannot send to some of them, those
/// of the others.
fn endpoints(
    replay: &plan::Replay,
    destinations: &[SocketAddr],
    host: &Host,
) -> Result<Vec<Endpoint>, PlanError> {
    let all = replay.endpoints(destinations.iter().copied(), host);
    let Err(error) = all else { return all };
    let ask = |_: IpAddr, _: &[&Interface]| Answer::NoTerminal;
    let Ok(quiet) = Host::here(&ask) else { return Err(error) };
    let each = destinations.iter().filter_map(|to| replay.endpoints([*to], &quiet).ok());
    let endpoints: Vec<Endpoint> = each.flatten().collect();
    if endpoints.is_empty() { Err(error) } else { Ok(endpoints) }
}
