//! From facts to findings, in the order of the decision table: what this host is like, what came,
//! what was lost inside it, what the network does. Pure: it asks nobody anything.

mod arrival;
mod firewall;
mod here;
mod interface;
mod lost;
mod network;
mod path;
mod programs;

use std::fmt::Display;

use super::facts::Facts;
use crate::notice::{Command, Id, Level, Notice, Place};
use crate::units::words::{and_more, seconds};

/// What is found in the facts, in the order in which it is worth reading.
pub fn findings(facts: &Facts) -> Vec<Notice> {
    let mut found = interface::findings(facts);
    found.extend(here::findings(facts));
    found.extend(programs::findings(facts));
    found.extend(lost::findings(facts));
    found.extend(firewall::findings(facts, &found));
    found.extend(network::findings(facts));
    found.extend(path::findings(facts, &found));
    // What came, or did not, is told in the light of all the rest.
    found.extend(arrival::findings(facts, &found));
    found.extend(here::blind_spots(facts));
    if facts.system != "linux" {
        // What is to be typed for the system itself is Linux's.
        let fits =
            |command: &Command| command.place != Place::Here || command.run.starts_with("mcast ");
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

/// One sentence for all of it, that a person could read to a colleague.
pub fn conclusion(facts: &Facts, found: &[Notice]) -> String {
    let target = &facts.target;
    let worst = |level| found.iter().filter(move |finding| finding.level == level);
    let place = facts.iface.as_ref().map_or("this host".to_owned(), Clone::clone);
    let here = facts.heard_here();
    let mut faults = worst(Level::Fault);
    if let Some(first) = faults.next() {
        let more = match faults.count() {
            0 => String::new(),
            1 => ", and there is one more fault".to_owned(),
            more => format!(", and there are {more} more faults"),
        };
        return match here {
            0 => format!("{target} does not get through to {place}: {}{more}.", first.what),
            _ => format!("{target} arrives on {place}, but {}{more}.", first.what),
        };
    }
    if here > 0 && arrival::is_only_own(facts) {
        return format!(
            "Only this host itself sends {target}, so whether it arrives on {place} from others \
             is not known."
        );
    }
    if here > 0 {
        return format!(
            "Multicast works here: {target} arrives on {place} from {}.",
            arrival::senders(facts)
        );
    }
    let time = seconds(facts.seconds);
    // What only concerns the choice of sources keeps nothing away, and neither does what keeps this
    // host from sending.
    let could_send = facts.self_test.as_ref().is_none_or(|test| test.error.is_none());
    let is_suspect = |finding: &&Notice| match finding.id {
        Id::NothingArrives | Id::SsmUnsupported | Id::FirewallOutput => false,
        Id::SelfTestFailed => could_send,
        _ => true,
    };
    match worst(Level::Warning).find(is_suspect) {
        Some(suspect) => format!(
            "Nothing of {target} came to {place} in {time}, and this may be why: {}.",
            suspect.what
        ),
        None => format!(
            "Nothing was found on this host that keeps {target} from arriving on {place}, but \
             nothing came in {time}: either nobody sends it, or it is lost on the way."
        ),
    }
}

/// What a receiver listens to, for a sentence: its first target, and how many more.
fn targets(facts: &Facts) -> impl Display {
    and_more(&facts.target, facts.more, "target")
}

/// The one that is meant, for the version of IP that the target is of: what a counter, a field or a
/// document is called differs.
fn either<T>(facts: &Facts, v4: T, v6: T) -> T {
    if facts.is_ipv4() { v4 } else { v6 }
}

/// What limits the number of routers, in the words of the version of IP.
fn ttl(facts: &Facts) -> &'static str {
    either(facts, "TTL", "hop limit")
}
