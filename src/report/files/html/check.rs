//! The report of a check: its findings, those that need an action first.

use std::net::SocketAddr;

use super::layout::Page;
use super::model::Model;
use super::numbers::{grouped, length};
use crate::event::{CheckSummary, Checking};

/// A check begins.
pub fn checking(model: &mut Model, ready: &Checking) {
    model.ready = Some(model.now());
    if let Some(first) = ready.targets.first() {
        model.fact("Target", SocketAddr::new(first.group, first.port).to_string());
    }
    let ifaces: Vec<&str> = ready.targets.iter().map(|target| target.iface).collect();
    if !ifaces.is_empty() {
        model.fact("Interfaces", ifaces.join(", "));
    }
    if let Some(expected) = ready.expected {
        model.fact("Expected interface", expected);
    }
    if let Some(send) = &ready.send {
        model.fact("Command for the sender", send.as_str());
    }
}

/// The page of a check.
pub fn page(summary: &CheckSummary) -> Page {
    let CheckSummary { faults, warnings, notes, passes, elapsed, conclusion, .. } = summary;
    let mut page = Page {
        headline: Some(conclusion.clone()),
        elapsed: Some(*elapsed),
        ..Page::new(&summary.verdict)
    };
    page.judged("Faults", grouped(*faults as u64), None, *faults > 0);
    page.tile("Warnings", grouped(*warnings as u64), None);
    page.tile("Notes", grouped(*notes as u64), None);
    page.tile("Passed", grouped(*passes as u64), None);
    page.tile("Duration", length(*elapsed), None);
    page
}
