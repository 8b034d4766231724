//! One run of `mcast ifaces`.

use super::list::list;
use super::watch::Watch;
use crate::event::{Event, IfacesSummary, InterfaceInfo};
use crate::net::{InterfaceMonitor, NetError};
use crate::notice::interface;
use crate::report::Reporter;
use crate::sys::Backend;
use crate::verdict;
use crate::verdict::{RunError, Stop, Verdict};

/// Lists the interfaces of this host, by index. With `watch`, reports their changes until a signal.
/// Nothing is joined and nothing is sent.
///
/// # Errors
/// The interfaces cannot be listed, or the list cannot be written.
pub fn run(watch: bool, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    // It is opened before the list is read: no change in between is missed.
    let monitor = watch.then(|| InterfaceMonitor::open(Backend::default()));
    let interfaces = list().map_err(NetError::list_interfaces)?;
    if let Some(warning) = interface::about_netlink() {
        reporter.warn(&warning)?;
    }
    match monitor {
        Some(monitor) => follow(Watch::new(monitor, interfaces), reporter),
        None => print(&interfaces, reporter),
    }
}

fn print(interfaces: &[InterfaceInfo], reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let concluded = verdict::conclude(show(interfaces, reporter), reporter.signal());
    // If a signal arrives while the reader stalls, the final output has a time limit.
    reporter.final_output(|_| Ok(()))?;
    match concluded {
        (_, Some(error)) => Err(error),
        (stop, None) => Ok(verdict::of_list(stop)),
    }
}

fn show(interfaces: &[InterfaceInfo], reporter: &mut Reporter) -> Result<Stop, RunError> {
    for iface in interfaces {
        reporter.event(&Event::Interface(iface.clone()))?;
    }
    reporter.event(&Event::IfacesSummary(IfacesSummary {
        interfaces: interfaces.len(),
        changes: None,
        verdict: Verdict::default(),
    }))?;
    reporter.flush()?;
    Ok(Stop::Count)
}

fn follow(mut watch: Watch, reporter: &mut Reporter) -> Result<Verdict, RunError> {
    let (stop, failure) = verdict::conclude(watch.run(reporter), reporter.signal());
    if let Some(error) = failure {
        return Err(error);
    }
    let verdict = verdict::of_watch(stop);
    let summary = Event::IfacesSummary(watch.summary(verdict.clone()));
    reporter.final_output(|reporter| reporter.event(&summary))?;
    Ok(verdict)
}
