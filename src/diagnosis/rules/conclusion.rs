//! What the findings come to, in one sentence.

use super::arrival;
use crate::diagnosis::facts::Facts;
use crate::notice::{Id, Level, Notice};
use crate::target::is_source_specific;
use crate::units::words::seconds;

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
        Id::NothingArrives | Id::FirewallOutput => false,
        // Routers ignore an older report for the source-specific range altogether.
        Id::SsmUnsupported => is_source_specific(target.group),
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
