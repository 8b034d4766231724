//! Facts of macOS and FreeBSD made by hand, for the texts of `rules/elsewhere`.

use super::findings::record;
use super::findings_of_host::{Sample, changed};

/// Facts, each with a name.
pub fn facts() -> Vec<Sample> {
    let freebsd = "constructed-freebsd-silence";
    let macos = "constructed-macos-local-network";
    vec![
        ("freebsd-counters", record("constructed-freebsd-counters")),
        ("freebsd-silence", record(freebsd)),
        ("macos-local-network", record(macos)),
        changed("macos-another-route", macos, |facts| facts.route = None),
        changed("freebsd-many-sources", freebsd, |facts| {
            facts.target.sources = (0..200).map(|last| [10, 0, 1, last].into()).collect();
        }),
        changed("freebsd-refused", freebsd, refuse),
        changed("freebsd-refused-by-ipfw", freebsd, |facts| {
            refuse(facts);
            facts.firewall.present = vec!["ipfw".to_owned()];
        }),
        changed("freebsd-refused-by-unknown", freebsd, |facts| {
            refuse(facts);
            facts.firewall.present.clear();
        }),
        changed("freebsd-refused-by-pf", freebsd, |facts| {
            refuse(facts);
            facts.firewall.pf_enabled = Some(true);
        }),
        changed("freebsd-pf-disabled", freebsd, |facts| facts.firewall.pf_enabled = Some(false)),
        changed("macos-pf-disabled", macos, |facts| facts.firewall.pf_enabled = Some(false)),
        changed("freebsd-old-version", freebsd, |facts| {
            facts.interfaces.iter_mut().for_each(|link| link.version = Some(2));
        }),
        changed("freebsd-old-version-of-mld", freebsd, |facts| {
            facts.target.group = "ff15::1".parse().expect("a group");
            facts.interfaces.iter_mut().for_each(|link| link.version = Some(1));
        }),
        changed("freebsd-no-multicast", freebsd, |facts| {
            facts.interfaces.iter_mut().for_each(|link| link.multicast = false);
        }),
        changed("freebsd-unseen", freebsd, |facts| facts.membership.seen = Some(false)),
    ]
}

fn refuse(facts: &mut crate::diagnosis::Facts) {
    let test = facts.self_test.as_mut().expect("a self-test");
    (test.heard, test.refused) = (0, true);
    test.error = Some("Permission denied (os error 13)".to_owned());
}
