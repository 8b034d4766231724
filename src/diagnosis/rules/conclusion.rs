//! What the findings come to, in one sentence: a function of the worst of them, and of what came.

use super::arrival;
use crate::diagnosis::facts::Facts;
use crate::notice::{Id, Level, Notice};
use crate::target::is_source_specific;
use crate::units::words::{count, seconds};

/// One sentence for all of it, that a person could read to a colleague.
pub fn conclusion(facts: &Facts, found: &[Notice]) -> String {
    let place = facts.iface.as_deref().unwrap_or("this host");
    if facts.heard_here() > 0 { arrived(facts, found, place) } else { silent(facts, found, place) }
}

/// The findings of the worst level above a note, the first of them as a sentence.
fn worst(found: &[Notice], concerns: impl Fn(&Notice) -> bool) -> Option<(Level, String)> {
    let concerning =
        || found.iter().filter(|finding| finding.level > Level::Note && concerns(finding));
    let level = concerning().map(|finding| finding.level).max()?;
    let mut of_level = concerning().filter(|finding| finding.level == level);
    let first = &of_level.next()?.what;
    let name = level.name();
    let more = match of_level.count() {
        0 => String::new(),
        1 => format!(", and there is one more {name}"),
        more => format!(", and there are {more} more {name}s"),
    };
    Some((level, format!("{first}{more}")))
}

fn arrived(facts: &Facts, found: &[Notice], place: &str) -> String {
    let target = &facts.target;
    let worst = worst(found, |_| true).map(|(_, words)| words);
    if arrival::is_only_own(facts) {
        let only = format!(
            "Only this host itself sends {target}, so whether it arrives on {place} from others is \
             not known"
        );
        return match worst {
            Some(words) => format!("{only}; and {words}."),
            None => format!("{only}."),
        };
    }
    let senders = arrival::senders(facts);
    match worst {
        Some(words) => format!("{target} arrives on {place} from {senders}, but {words}."),
        None => format!("Multicast works here: {target} arrives on {place} from {senders}."),
    }
}

fn silent(facts: &Facts, found: &[Notice], place: &str) -> String {
    let (target, time) = (&facts.target, seconds(facts.seconds));
    // What only concerns the choice of sources keeps nothing away, and neither does what keeps this
    // host from sending.
    let could_send = facts.self_test.as_ref().is_none_or(|test| test.error.is_none());
    let concerns = |finding: &Notice| match finding.id {
        _ if finding.level == Level::Fault => true,
        Id::NothingArrives | Id::FirewallOutput => false,
        // Routers ignore an older report for the source-specific range altogether.
        Id::SsmUnsupported => is_source_specific(target.group),
        Id::SelfTestFailed => could_send,
        _ => true,
    };
    let worst = worst(found, concerns);
    match (worst, facts.frames_here()) {
        (Some((Level::Fault, words)), _) => {
            format!("{target} does not get through to {place}: {words}.")
        }
        _ if facts.membership.port_not_permitted => format!(
            "mcast may not listen on UDP port {} without more rights, so whether {target} arrives \
             on {place} is not known.",
            target.port
        ),
        (Some((_, words)), Some(frames @ 1..)) => format!(
            "{target} reaches {place} ({}), but none of it is delivered, and this may be why: \
             {words}.",
            count(frames, "frame")
        ),
        (None, Some(frames @ 1..)) => format!(
            "{target} reaches {place} ({}), but none of it is delivered: this host drops it, and \
             no reason was found.",
            count(frames, "frame")
        ),
        (Some((_, words)), _) => {
            format!("Nothing of {target} came to {place} in {time}, and this may be why: {words}.")
        }
        (None, frames) => {
            let unseen = match frames {
                Some(_) => "",
                None => ", or this host drops it, which only root can rule out",
            };
            format!(
                "Nothing was found on this host that keeps {target} from arriving on {place}, but \
                 nothing came in {time}: either nobody sends it, or it is lost on the way{unseen}."
            )
        }
    }
}
