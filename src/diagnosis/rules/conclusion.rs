//! The conclusion: one sentence, from the worst finding and the datagrams that arrived.

use std::net::SocketAddr;

use super::arrival;
use crate::diagnosis::facts::{CheckedTarget, Facts};
use crate::notice::{Id, Level, Notice};
use crate::target::is_source_specific;
use crate::units::words::{count, seconds};

/// The conclusion of a check: one sentence that stands alone.
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
        more => format!(" (and {})", count(more as u64, &format!("more {name}"))),
    };
    Some((level, format!("{first}{more}")))
}

/// `words` of a sentence that names the target before them: the target becomes "it", and its address
/// without the port or the source becomes "the group".
fn without_repetition(words: &str, target: &CheckedTarget) -> String {
    let replacements = [
        (target.to_string(), "it"),
        (SocketAddr::new(target.group, target.port).to_string(), "the group"),
        (target.group.to_string(), "the group"),
    ];
    let replace = |word: &str| {
        let name = word.trim_end_matches([',', ';', ':']);
        let found = replacements.iter().find(|(repeated, _)| repeated == name);
        found.map_or(word.to_owned(), |(_, short)| format!("{short}{}", &word[name.len()..]))
    };
    words.split(' ').map(replace).collect::<Vec<_>>().join(" ")
}

fn arrived(facts: &Facts, found: &[Notice], place: &str) -> String {
    let target = &facts.target;
    let worst = worst(found, |_| true).map(|(_, words)| words);
    if arrival::is_only_own(facts) {
        let only = format!(
            "{target} arrives on {place} only from this host itself; whether datagrams from other \
             hosts arrive is unknown"
        );
        return match worst {
            Some(words) => format!("{only}; also, {words}."),
            None => format!("{only}."),
        };
    }
    let senders = arrival::senders(facts);
    match worst {
        Some(words) => {
            let words = without_repetition(&words, target);
            let link = if words.contains(" but ") { "; however," } else { ", but" };
            format!("{target} arrives on {place} from {senders}{link} {words}.")
        }
        None => format!("Multicast works here: {target} arrives on {place} from {senders}."),
    }
}

fn silent(facts: &Facts, found: &[Notice], place: &str) -> String {
    let (target, time) = (&facts.target, seconds(facts.seconds));
    // Filtering by source keeps no datagrams away, and neither does a failure to send.
    let could_send = facts.self_test.as_ref().is_none_or(|test| test.error.is_none());
    let concerns = |finding: &Notice| match finding.id {
        _ if finding.level == Level::Fault => true,
        Id::NothingArrives | Id::FirewallOutput => false,
        // Routers ignore reports of older versions for the source-specific range.
        Id::SsmUnsupported => is_source_specific(target.group),
        Id::SelfTestFailed => could_send,
        _ => true,
    };
    let worst = worst(found, concerns);
    match (worst, facts.frames_here()) {
        // Some faults begin with the target.
        (Some((Level::Fault, words)), _) if words.starts_with(&format!("{target} ")) => {
            format!("{words}.")
        }
        (Some((Level::Fault, words)), _) => {
            format!("{target} does not arrive on {place}: {}.", without_repetition(&words, target))
        }
        _ if facts.membership.port_not_permitted => format!(
            "Cannot determine whether {target} arrives on {place}: mcast is not permitted to bind \
             UDP port {}.",
            target.port
        ),
        (Some((_, words)), Some(frames @ 1..)) => format!(
            "{target} reaches {place} ({}), but is not delivered; possible cause: {}.",
            count(frames, "frame"),
            without_repetition(&words, target)
        ),
        (None, Some(frames @ 1..)) => format!(
            "{target} reaches {place} ({}), but this host drops it; no cause was found.",
            count(frames, "frame")
        ),
        (Some((_, words)), _) => format!(
            "No datagrams for {target} arrived on {place} in {time}; possible cause: {}.",
            without_repetition(&words, target)
        ),
        (None, frames) => format!(
            "No datagrams for {target} arrived on {place} in {time}, and no fault was found on this \
             host; possible {}.",
            unproven_causes(facts, frames.is_some())
        ),
    }
}

/// The causes that a check without a fault leaves: `causes: no active sender or loss in the
/// network`. `frames_known` excludes drops on this host.
fn unproven_causes(facts: &Facts, frames_known: bool) -> String {
    let is_loopback = facts.expected().is_some_and(|link| link.loopback);
    let mut causes = vec!["no active sender"];
    causes.extend((!is_loopback).then_some("loss in the network"));
    if !frames_known && facts.system == "linux" {
        causes.push("drops on this host (run as root to check)");
    } else if !frames_known {
        causes.push("drops on this host");
    }
    match causes[..] {
        [cause] => format!("cause: {cause}"),
        [first, second] => format!("causes: {first} or {second}"),
        _ => format!("causes: {}", causes.join(", ").replace(", drops", ", or drops")),
    }
}
