//! The decision table: all rules, in the order in which their findings are worth reading.

use super::{arrival, firewall, frames, here, interface, lost, network, path, programs};
use crate::diagnosis::facts::Facts;
use crate::notice::{Id, Level, Notice, Place, ShellCommand};

/// What is found in the facts, in the order in which it is worth reading.
pub fn findings(facts: &Facts) -> Vec<Notice> {
    let mut found = interface::findings(facts);
    found.extend(here::findings(facts));
    found.extend(programs::findings(facts));
    found.extend(lost::findings(facts));
    found.extend(frames::findings(facts));
    found.extend(firewall::findings(facts, &found));
    found.extend(network::findings(facts));
    found.extend(path::findings(facts, &found));
    // What came, or did not, is told in the light of all the rest.
    found.extend(arrival::findings(facts, &found));
    found.extend(here::blind_spots(facts));
    if facts.system != "linux" {
        // What is to be typed for the system itself is Linux's.
        let fits = |command: &ShellCommand| {
            command.place != Place::Here || command.run.starts_with("mcast ")
        };
        found.iter_mut().for_each(|finding| finding.commands.retain(fits));
    }
    found
}

/// The two or three findings that explain why a receiver hears nothing: the gravest first, and last
/// the one that says where to look closer.
pub fn gravest(facts: &Facts) -> Vec<Notice> {
    const MOST: usize = 3;
    let mut found = findings(facts);
    found.retain(|finding| finding.level >= Level::Warning);
    let looks_closer =
        |finding: &Notice| matches!(finding.id, Id::NothingArrives | Id::StreamStopped);
    let (last, mut found): (Vec<Notice>, Vec<Notice>) = found.into_iter().partition(looks_closer);
    found.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    found.truncate(MOST - last.len().min(1));
    found.extend(last.into_iter().take(1));
    found
}
