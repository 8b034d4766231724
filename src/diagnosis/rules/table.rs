//! All rules, in the order in which their findings are shown.

use std::cmp::Reverse;

use super::{
    arrival, blind_spots, elsewhere, firewall, frames, here, interface, lost, membership, network,
    path, programs, routers, sender, windows_firewall,
};
use crate::diagnosis::facts::Facts;
use crate::notice::{Id, Level, Notice, Place, ShellCommand};
use crate::target::is_source_specific;
use crate::units::order::sort_by_key;

/// The findings of all rules, in the order in which they are shown.
pub fn findings(facts: &Facts) -> Vec<Notice> {
    let mut found = interface::findings(facts);
    found.extend(here::findings(facts));
    found.extend(programs::findings(facts));
    found.extend(lost::findings(facts));
    found.extend(elsewhere::findings(facts));
    found.extend(sender::findings(facts));
    found.extend(frames::findings(facts));
    found.extend(firewall::findings(facts, &found));
    found.extend(windows_firewall::findings(facts));
    found.extend(membership::findings(facts, &found));
    found.extend(network::findings(facts));
    found.extend(routers::findings(facts, &found));
    found.extend(path::findings(facts, &found));
    // The last rules depend on all earlier findings.
    found.extend(arrival::findings(facts, &found));
    found.extend(blind_spots::findings(facts));
    if facts.system != "linux" {
        // Commands that change the system are those of Linux.
        let fits = |command: &ShellCommand| {
            let is_of_system =
                |begin: &&str| facts.system == "windows" && command.run.starts_with(begin);
            command.place != Place::Here
                || command.run.starts_with("mcast ")
                || windows_firewall::COMMANDS.iter().any(is_of_system)
        };
        found.iter_mut().for_each(|finding| finding.commands.retain(fits));
    }
    found
}

/// The most serious finding, with one command, for a receiver without datagrams. Its evidence
/// begins with the target that did not arrive.
pub fn gravest(facts: &Facts) -> Option<Notice> {
    let mut found = findings(facts);
    found.retain(|finding| finding.level >= Level::Warning && may_explain(facts, finding));
    let (silence, mut causes): (Vec<Notice>, Vec<Notice>) = found.into_iter().partition(is_silence);
    let silence = silence.into_iter().next().map(|mut silence| {
        silence.commands.truncate(1);
        silence
    });
    // The sort is stable: of several findings of one level, the first is the most useful.
    sort_by_key(&mut causes, |finding| Reverse(finding.level));
    let Some(mut cause) = causes.into_iter().next() else { return silence };
    if let Some(silence) = silence {
        let why = cause.why.take().map(|why| format!("; {why}")).unwrap_or_default();
        cause.why = Some(silence.what + &why);
        // A receiver shows one next step. Several commands belong together: mcast check shows them.
        if cause.commands.len() != 1 {
            cause.commands = silence.commands;
        }
    }
    Some(cause)
}

/// Whether a finding only reports that no datagrams arrive.
fn is_silence(finding: &Notice) -> bool {
    matches!(finding.id, Id::NothingArrives | Id::StreamStopped)
}

/// Whether a finding may be the reason for silence. The receiver has already warned about sources
/// that it filters itself.
fn may_explain(facts: &Facts, finding: &Notice) -> bool {
    finding.id != Id::SsmUnsupported || is_source_specific(facts.target.group)
}
