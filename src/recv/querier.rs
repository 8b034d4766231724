//! Whether the network understands source-specific joins. An IGMPv2 or MLDv1 querier turns them into joins from any source, without an error anywhere
//! (RFC 3376, 7.2.1); and it may be heard long after the join.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::net::{Filter, Listen};
use crate::warning::Warning;

/// How often to look. Queriers ask every 125 s (RFC 3376, 8.2), so this is soon enough.
const PERIOD: Duration = Duration::from_secs(5);

/// The interfaces that were joined from sources, and have not been warned of.
pub struct Querier {
    quiet: BTreeSet<(String, bool)>,
    next: Instant,
}

impl Querier {
    /// Begins with the interfaces of `listens`; the first look is due at `now`.
    pub fn new(listens: &[Listen], now: Instant) -> Self {
        let specific = listens.iter().filter(|listen| matches!(*listen.filter, Filter::Include(_)));
        let quiet = specific.map(|listen| (listen.at.via.name.clone(), listen.at.group.is_ipv4())).collect();
        Querier { quiet, next: now }
    }

    /// When the next look is due; `None` where nothing is left to find.
    pub fn due(&self) -> Option<Instant> {
        (!self.quiet.is_empty()).then_some(self.next)
    }

    /// Takes a look, if it is due. `version` tells the version of IGMP (`true`) or MLD that an interface speaks.
    pub fn look(&mut self, now: Instant, version: impl Fn(&str, bool) -> Option<u8>) -> Vec<Warning> {
        if self.due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.next = now + PERIOD;
        let mut warnings = Vec::new();
        self.quiet.retain(|(iface, ipv4)| {
            let (protocol, knowing) = if *ipv4 { ("IGMP", 3) } else { ("MLD", 2) };
            match version(iface, *ipv4).filter(|version| *version < knowing) {
                Some(version) => {
                    warnings.push(Warning::SsmUnsupported { iface: iface.clone(), version: format!("{protocol}v{version}") });
                    false
                }
                None => true,
            }
        });
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::{Cast, Via};
    use crate::net::Endpoint;
    use std::sync::Arc;

    fn listen(group: &str, filter: Filter) -> Listen {
        let via = Arc::new(Via { name: "e0".to_owned(), index: 2, address: None, pinned: false, named: true });
        let at = Endpoint { group: group.parse().unwrap(), port: 5000, cast: Cast::Multicast, via };
        Listen { at, filter: Arc::new(filter) }
    }

    fn from_one(group: &str, source: &str) -> Listen {
        listen(group, Filter::Include(vec![source.parse().unwrap()]))
    }

    #[test]
    fn an_old_querier_is_told_once_whenever_it_is_heard() {
        let start = Instant::now();
        let mut querier = Querier::new(&[from_one("232.1.1.1", "10.0.0.5"), from_one("232.1.1.2", "10.0.0.5")], start);
        assert_eq!(querier.due(), Some(start));
        assert_eq!(querier.look(start, |_, _| Some(3)).len(), 0);
        assert_eq!(querier.look(start + PERIOD / 2, |_, _| Some(2)).len(), 0, "not yet due");
        let told = querier.look(start + PERIOD, |_, _| Some(2));
        assert_eq!(told.len(), 1);
        assert!(told[0].to_string().starts_with("e0 speaks IGMPv2, which knows no sources"), "{}", told[0]);
        assert_eq!(querier.due(), None);
    }

    #[test]
    fn joins_from_any_source_and_unknown_versions_are_no_concern() {
        let start = Instant::now();
        let any = [listen("239.1.1.1", Filter::Any), listen("239.1.1.2", Filter::Exclude(vec!["10.0.0.5".parse().unwrap()]))];
        assert_eq!(Querier::new(&any, start).due(), None);
        let mut querier = Querier::new(&[from_one("ff3e::1", "fd00::5")], start);
        assert_eq!(querier.look(start, |_, _| None).len(), 0);
        assert_eq!(querier.look(start + PERIOD, |_, ipv4| Some(if ipv4 { 3 } else { 1 })).len(), 1);
    }
}
