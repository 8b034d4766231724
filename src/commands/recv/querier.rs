//! Detects queriers that do not support source-specific joins. With an IGMPv2 or MLDv1 querier the
//! kernel joins from any source instead, without an error (RFC 3376, 7.2.1). Its first query may
//! arrive long after the join.

use std::ptr;
use std::time::{Duration, Instant};

use crate::host;
use crate::iface::{Family, Presence, Via};
use crate::net::Inbox;
use crate::notice::shared::SourceJoins;
use crate::notice::{Notice, receive};
use crate::target::{Filter, Listen, is_source_specific};

/// How often to check the versions. Queriers send a query every 125 s (RFC 3376, 8.2).
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// Watches for old queriers on the interfaces where a group was joined with a source filter.
/// `unwarned` holds the interfaces without a warning yet, by their position among those that the
/// inbox follows.
pub struct QuerierWatch {
    unwarned: Vec<(usize, SourceJoins)>,
    next: Instant,
}

impl QuerierWatch {
    /// Watches these interfaces; the first check is due at `now`.
    pub fn new(specific: &[(usize, SourceJoins)], now: Instant) -> Self {
        QuerierWatch { unwarned: specific.to_vec(), next: now }
    }

    /// When the next check is due; `None` once every interface has its warning.
    pub fn due(&self) -> Option<Instant> {
        (!self.unwarned.is_empty()).then_some(self.next)
    }

    /// Checks the interfaces in `followed`, if a check is due. `version` returns the version of
    /// IGMP or MLD on an interface.
    pub fn poll<'a>(
        &mut self,
        now: Instant,
        followed: impl Iterator<Item = (&'a Via, Family, Presence)>,
        version: impl Fn(&str, Family) -> Option<u8>,
    ) -> Vec<Notice> {
        if self.due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.next = now + CHECK_INTERVAL;
        let mut warnings = Vec::new();
        for (position, (via, family, _)) in followed.enumerate() {
            let Some(index) = self.unwarned.iter().position(|(unwarned, _)| *unwarned == position)
            else {
                continue;
            };
            let (protocol, filtering) = if family == Family::V4 { ("IGMP", 3) } else { ("MLD", 2) };
            if let Some(version) = version(&via.name, family).filter(|version| *version < filtering)
            {
                let (_, joins) = self.unwarned.remove(index);
                let version = format!("{protocol}v{version}");
                warnings.push(receive::ssm_unsupported(&via.name, &version, joins));
            }
        }
        warnings
    }
}

/// The interfaces on which a group is joined with a source filter, by their position among those
/// that the inbox follows, and the groups that are joined there.
pub fn specific_interfaces(listens: &[Listen], inbox: &Inbox) -> Vec<(usize, SourceJoins)> {
    let joins = |via: &Via, family: Family| {
        let on_it = |listen: &&Listen| {
            ptr::eq(&*listen.at.via, via)
                && Family::of(listen.at.group) == family
                && matches!(*listen.filter, Filter::Include(_))
        };
        let groups = || listens.iter().filter(on_it).map(|listen| listen.at.group);
        SourceJoins {
            in_range: groups().find(|group| is_source_specific(*group)),
            others: groups().any(|group| !is_source_specific(group)),
        }
    };
    let interfaces = inbox.interfaces().enumerate();
    interfaces
        .map(|(position, (via, family, _))| (position, joins(via, family)))
        .filter(|(_, joins)| *joins != SourceJoins::default())
        .collect()
}

pub fn igmp_or_mld_version(iface: &str, family: Family) -> Option<u8> {
    if family == Family::V4 { host::igmp_version(iface) } else { host::mld_version(iface) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOINS: SourceJoins = SourceJoins { in_range: None, others: true };

    fn poll(watch: &mut QuerierWatch, now: Instant, names: [&str; 2], version: u8) -> Vec<String> {
        let vias = names.map(|name| Via {
            name: name.to_owned(),
            index: 2,
            address: None,
            pinned: false,
            named: true,
            ..Via::default()
        });
        let followed = vias
            .iter()
            .zip([Family::V4, Family::V6])
            .map(|(via, family)| (via, family, Presence::Ready));
        let warnings = watch.poll(now, followed, |_, _| Some(version));
        warnings.into_iter().map(|notice| notice.what).collect()
    }

    #[test]
    fn an_old_querier_has_one_warning() {
        let start = Instant::now();
        let mut watch = QuerierWatch::new(&[(0, JOINS)], start);
        assert_eq!(watch.due(), Some(start));
        assert!(poll(&mut watch, start, ["e0", "e0"], 3).is_empty());
        assert!(
            poll(&mut watch, start + CHECK_INTERVAL / 2, ["e0", "e0"], 2).is_empty(),
            "not yet due"
        );
        let warnings = poll(&mut watch, start + CHECK_INTERVAL, ["lan0", "lan0"], 2);
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].starts_with("lan0 uses IGMPv2, which cannot filter by source"),
            "{warnings:?}"
        );
        assert_eq!(watch.due(), None);
    }

    #[test]
    fn mld_version_1_is_old() {
        let start = Instant::now();
        assert_eq!(QuerierWatch::new(&[], start).due(), None);
        let mut watch = QuerierWatch::new(&[(1, JOINS)], start);
        assert!(poll(&mut watch, start, ["e0", "e0"], 2).is_empty());
        assert!(
            poll(&mut watch, start + CHECK_INTERVAL, ["e0", "e0"], 1)[0]
                .starts_with("e0 uses MLDv1")
        );
    }
}
