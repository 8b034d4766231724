//! Gathers the facts: the state of this host, and the datagrams and frames that arrive while the
//! group is joined on every interface.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tracing::debug;

use super::ignored::test_ignored;
use super::live::Live;
use crate::diagnosis::facts::{Facts, SelfTestFacts};
use crate::diagnosis::snapshot::{
    HostSnapshot, limits, links, look_at_firewall, look_for_membership, route,
};
use crate::diagnosis::{CheckedTarget, Rights, STREAM};
use crate::event::{Checking, Event, Program, TargetInfo};
use crate::host::Groups;
use crate::iface::{Family, Interface};
use crate::net::{self, Inbox, NetError};
use crate::report::Reporter;
use crate::target::{Endpoint, Listen, is_link_scoped};
use crate::verdict::{RunError, Stop};
use crate::{host, plan};

/// How many datagrams the self-test sends.
const SELF_TEST_DATAGRAMS: u64 = 10;

/// How long to wait for frames after the membership was reported again: a switch takes some
/// milliseconds to learn it. Frames that arrive mostly in the second half come from a sender that
/// has just started.
const WAITS_AFTER_REPORT: [Duration; 2] = [Duration::from_millis(500); 2];

/// Gathers the facts. Returns them, and the reason why listening stopped. The `first` cycle is
/// announced and shows its progress.
///
/// # Errors
/// The operation without which nothing can be gathered.
pub fn gather(
    plan: &plan::Check,
    first: bool,
    reporter: &mut Reporter,
) -> Result<(Facts, Stop), RunError> {
    let interfaces = host::interfaces().map_err(NetError::list_interfaces)?;
    let mut facts = facts(plan, &interfaces, &host::groups());
    facts.membership.left_out = plan.left_out;
    // Without an expected interface, the test runs on the first that is not the loopback.
    let is_external = |listen: &&Listen| {
        interfaces.iter().any(|iface| iface.index == listen.at.via.index && !iface.loopback)
    };
    let own = if plan.expected.is_some() { None } else { plan.listens.iter().find(is_external) }
        .or(plan.listens.first());

    // The self-test comes first, which keeps its datagrams out of the sockets of the check. Its
    // membership ends after theirs has begun. On a member it is skipped: IP receives on the upper
    // interface, and the test would get no datagrams back.
    let is_member = facts.upper().is_some();
    let self_test =
        own.filter(|_| !is_member).and_then(|listen| run_self_test(&mut facts, &listen.at, plan));
    let (inbox, beside) = open(plan, &mut facts);
    drop(self_test);
    look_for_membership(&mut facts, &host::groups());

    let mut live = Live::new(&facts, inbox, beside && plan.beside.is_some(), first);
    // In a user namespace, the kernel may refuse capture in spite of the capability.
    facts.rights.capture = live.sees_frames();
    if first {
        announce(plan, reporter)?;
    }
    let snapshot = HostSnapshot::take(facts.target.port, facts.family());
    if let Some(listen) = own.filter(|_| facts.rights.capture) {
        live.expect_queries(&listen.at);
    }
    let mut stop = live.listen(plan.duration, &interfaces, reporter)?;
    snapshot.compare(&mut facts);
    live.write_to(&mut facts);
    infer_mld_versions(&mut facts);
    facts.next_hop = next_hop(&facts);
    look_at_firewall(&mut facts);
    facts.rights.firewall |= facts.firewall.read;
    if stop == Stop::Duration {
        stop = repeat_report(&mut facts, &mut live, own, &interfaces, reporter)?;
    }
    if stop == Stop::Duration {
        stop = test_ignored(&mut facts, &mut live, &interfaces, reporter)?;
    }
    Ok((facts, stop))
}

fn announce(plan: &plan::Check, reporter: &mut Reporter) -> io::Result<()> {
    let targets = plan.listens.iter().flat_map(TargetInfo::of).collect();
    let send = plan.command_for_sender();
    reporter.event(&Event::Checking(Checking {
        program: Program::default(),
        targets,
        expected: plan.expected.as_ref().map(|via| via.name.as_str()),
        duration: plan.duration,
        send,
    }))?;
    reporter.flush()
}

/// Sends from this host to itself. Returns the test with its membership, which must last until the
/// next one has begun.
fn run_self_test(facts: &mut Facts, at: &Endpoint, plan: &plan::Check) -> Option<net::SelfTest> {
    // A program that listens on the port would take the test for data.
    let in_use =
        host::users_of(at.port, Family::of(at.group)).is_none_or(|users| !users.is_empty());
    let on_port = |port| Endpoint { port, ..at.clone() };
    let open = |port| net::SelfTest::open(&on_port(port), plan.backend).map(|test| (test, port));
    let before = host::counters();
    let opened = open(if in_use { 0 } else { at.port })
        .or_else(|error| if is_not_permitted(&error) { open(0) } else { Err(error) });
    let (test, port) = match opened {
        Ok(opened) => opened,
        // The join that follows fails with the same error, which is reported then.
        Err(error) => {
            debug!(%error, "no self-test");
            return None;
        }
    };
    let mut outcome = SelfTestFacts {
        same_port: port != 0,
        iface: Some(at.via.name.clone()),
        ..SelfTestFacts::default()
    };
    match test.run(SELF_TEST_DATAGRAMS) {
        Ok((sent, heard)) => (outcome.sent, outcome.heard) = (sent, heard),
        Err(error) => {
            outcome.refused = error.source.kind() == io::ErrorKind::PermissionDenied;
            outcome.unreachable = error.source.kind() == io::ErrorKind::HostUnreachable;
            outcome.error = Some(net::describe(&error.source));
            outcome.tip = error.tip();
        }
    }
    outcome.counters = before.and_then(|before| Some(host::counters()?.since(&before)));
    facts.self_test = Some(outcome);
    Some(test)
}

/// Joins the group on every interface where it can. A failure on the expected interface is a
/// finding, not an error; other interfaces that fail are left out. Returns the sockets, and whether
/// they also receive the addresses beside the group.
fn open(plan: &plan::Check, facts: &mut Facts) -> (Option<Inbox>, bool) {
    let try_open = |listens: &[Listen]| Inbox::open(listens, None, plan.backend);
    let mut not_permitted = false;
    let beside = plan.beside.as_deref().unwrap_or_default();
    let all = [&plan.listens, beside].concat();
    let expected = &plan.listens[..plan.listens.len().min(1)];
    let attempts: [(&[Listen], bool); 3] =
        [(&all, true), (&plan.listens, false), (expected, false)];
    let mut failed: Option<NetError> = None;
    for (listens, with_beside) in attempts {
        if listens.is_empty() {
            continue;
        }
        let opened = try_open(listens).or_else(|error| {
            not_permitted = is_not_permitted(&error);
            if not_permitted { try_open(&on_any_port(listens)) } else { Err(error) }
        });
        match opened {
            Ok(inbox) => {
                facts.membership.port_not_permitted = not_permitted;
                let joined = |name: &str| listens.iter().any(|listen| listen.at.via.name == name);
                facts.interfaces.iter_mut().for_each(|link| link.joined = joined(&link.name));
                facts.membership.left_out += plan.listens.len().saturating_sub(listens.len());
                return (Some(inbox), with_beside);
            }
            Err(error) => {
                debug!(%error, targets = listens.len(), "cannot listen on all of them");
                failed = Some(error);
            }
        }
    }
    if let Some(error) = failed {
        let bind = matches!(error.operation, net::Operation::Bind(_));
        facts.membership.port_taken = bind && error.source.kind() == io::ErrorKind::AddrInUse;
        facts.membership.error =
            Some(format!("{}: {}", error.operation, net::describe(&error.source)));
        facts.membership.tip = error.tip();
    }
    (None, false)
}

/// Whether this process may not bind the port.
fn is_not_permitted(error: &NetError) -> bool {
    matches!(error.operation, net::Operation::Bind(_))
        && error.source.kind() == io::ErrorKind::PermissionDenied
}

/// The same groups, on ports that the system chooses.
fn on_any_port(listens: &[Listen]) -> Vec<Listen> {
    let on_any = |listen: &Listen| Listen {
        at: Endpoint { port: 0, ..listen.at.clone() },
        filter: std::sync::Arc::clone(&listen.filter),
    };
    listens.iter().map(on_any).collect()
}

/// Infers the MLD versions in force from the queries that were seen, because the kernel does not
/// report an MLDv1 querier. Without frames the version stays unknown.
fn infer_mld_versions(facts: &mut Facts) {
    if facts.is_ipv4() {
        return;
    }
    let Facts { interfaces, frames, .. } = facts;
    for link in interfaces.iter_mut().filter(|link| link.forced_version.is_none()) {
        let newest = link.version.filter(|_| frames.is_some());
        let heard = frames
            .iter()
            .flat_map(|frames| &frames.queries)
            .filter(|queries| queries.iface == link.name);
        link.version = newest.into_iter().chain(heard.map(|queries| queries.version)).min();
    }
}

/// The router towards the source that the user named, or that sent the measured stream.
fn next_hop(facts: &Facts) -> Option<IpAddr> {
    let measured = || facts.path.as_ref().map(|path| path.source);
    let source = facts.target.sources.first().copied().or_else(measured)?;
    let (router, index) = host::next_hop(source)?;
    facts.expected().filter(|link| link.index == index).map(|_| router)
}

/// Whether frames came back because of a report: then they arrive in both halves of the time
/// alike.
fn arrives_in_both_halves(first_half: u64, both: u64) -> bool {
    first_half * 3 >= both
}

/// If nothing arrived although this host was a member all along, reports the membership again and
/// listens: a switch that had forgotten it then forwards again.
fn repeat_report(
    facts: &mut Facts,
    live: &mut Live,
    own: Option<&Listen>,
    interfaces: &[Interface],
    reporter: &mut Reporter,
) -> Result<Stop, RunError> {
    if !own.is_some_and(|listen| send_report(facts, &listen.at)) {
        return Ok(Stop::Duration);
    }
    let [mut soon, mut later] = [facts.clone(), facts.clone()];
    for (time, seen) in WAITS_AFTER_REPORT.into_iter().zip([&mut soon, &mut later]) {
        let stop = live.listen(time, interfaces, reporter)?;
        if stop != Stop::Duration {
            return Ok(stop);
        }
        live.write_to(seen);
    }
    let (at_once, frames) = (soon.frames_here().unwrap_or(0), later.frames_here().unwrap_or(0));
    let (is_stream, is_at_once) = (frames >= STREAM, arrives_in_both_halves(at_once, frames));
    if frames > 0 && !(is_stream && is_at_once) && later.heard_here() > 0 {
        // The traffic was only late, or rare: it does arrive.
        *facts = later;
    }
    facts.after_report = Some(frames).filter(|_| is_at_once || !is_stream);
    Ok(Stop::Duration)
}

/// Reports the membership of `at` again, if that can make a switch forward. Returns whether a
/// report was sent. A join does not send one while another program is a member.
fn send_report(facts: &Facts, at: &Endpoint) -> bool {
    let Some(link) = facts.expected() else { return false };
    let all_seen = facts.frames.as_ref().is_some_and(|frames| frames.missed == 0);
    let silent = facts.heard_here() == 0 && all_seen && facts.frames_here() == Some(0);
    let was_member = link.members_before.is_some_and(|members| members > 0);
    if !silent || !was_member || facts.path.is_some() || !link.up || link.carrier == Some(false) {
        return false;
    }
    // MLD's messages come from a link-local address (RFC 3810, 5.2.13).
    let can_report = |address: &IpAddr| {
        if at.group.is_ipv4() { address.is_ipv4() } else { is_link_scoped(*address) }
    };
    let Some(address) = link.addresses.iter().map(|address| address.ip).find(can_report) else {
        return false;
    };
    let newest = if at.group.is_ipv4() { 3 } else { 2 };
    let version = link.version.unwrap_or(newest);
    net::report_membership(at.group, at.via.index, address, version)
        .inspect_err(|error| debug!(%error, "cannot report the membership"))
        .is_ok()
}

/// The facts that are known before the group is joined.
fn facts(plan: &plan::Check, interfaces: &[Interface], before: &Groups) -> Facts {
    let target = &plan.target;
    let iface = plan.expected.as_ref().map(|via| via.name.clone());
    Facts {
        system: std::env::consts::OS.to_owned(),
        system_version: cfg!(any(target_os = "macos", target_os = "freebsd")).then(host::system),
        target: CheckedTarget {
            group: target.group,
            port: target.port,
            sources: target.source.into_iter().collect(),
        },
        iface,
        named: plan.named,
        rights: Rights {
            capture: host::may_capture(),
            firewall: host::may_see_firewall(),
            no_netlink: !host::has_netlink(),
        },
        interfaces: links(interfaces, target.group, before),
        route: route(target.group, interfaces),
        limits: limits(Family::of(target.group)),
        l3mdev_accept: host::l3mdev_accept(),
        waited: plan.beside.is_some(),
        expects_traffic: plan.expects_traffic,
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_sender_is_not_an_effect_of_the_report() {
        for (first_half, both, brought) in
            [(25, 50, true), (1, 3, true), (0, 0, true), (0, 10, false), (4, 20, false)]
        {
            assert_eq!(arrives_in_both_halves(first_half, both), brought, "{first_half} of {both}");
        }
    }
}
