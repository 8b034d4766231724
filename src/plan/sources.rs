//! The sources of each group, from targets and options.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::PlanError;
use super::choose::find;
use crate::iface::{Cast, Interface, Wanted};
use crate::target::{Filter, Target, TargetRange, Zoned};

/// The sources of the options, for all targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// `--source`.
    pub include: Vec<Zoned<IpAddr>>,
    /// `--exclude`.
    pub exclude: Vec<Zoned<IpAddr>>,
}

impl Sources {
    /// Checks that each source is of the family of a target, and with `--source` that each group
    /// has a source of its family.
    pub fn fit(&self, ranges: &[TargetRange]) -> Result<(), PlanError> {
        for (option, sources, for_all) in
            [("source", &self.include, true), ("exclude", &self.exclude, false)]
        {
            let unfit = |source_address: IpAddr, group| PlanError::SourceFamily {
                option,
                source_address,
                group,
            };
            let same =
                |source: IpAddr, range: &TargetRange| source.is_ipv4() == range.first().is_ipv4();
            let sources: Vec<IpAddr> = sources.iter().map(Zoned::<IpAddr>::address).collect();
            for source in &sources {
                if !ranges.iter().any(|range| same(*source, range)) {
                    return Err(unfit(*source, ranges.first().map_or(*source, TargetRange::first)));
                }
            }
            let lacks = |range: &&TargetRange| {
                range.source().is_none() && !sources.iter().any(|source| same(*source, range))
            };
            match (sources.first(), ranges.iter().find(lacks)) {
                (Some(source), Some(range)) if for_all => {
                    return Err(unfit(*source, range.first()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The interfaces named by the zones of `--source`, if each source has a zone and all targets
    /// are IPv6.
    pub fn interfaces(&self, ranges: &[TargetRange]) -> Vec<Wanted> {
        let zones: Option<Vec<Wanted>> = self
            .include
            .iter()
            .map(|source| source.zone().map(|zone| Wanted::Named(zone.clone())))
            .collect();
        zones.filter(|_| ranges.iter().all(|range| range.first().is_ipv6())).unwrap_or_default()
    }

    /// The sources of one target on the interface with this index; `None` if no source of
    /// `--source` belongs there.
    pub fn of(
        &self,
        target: &Target,
        cast: Cast,
        index: u32,
        interfaces: &[Interface],
    ) -> Result<Option<SourceSet>, PlanError> {
        let group = target.group;
        let like = |source: &&Zoned<IpAddr>| source.address().is_ipv4() == group.is_ipv4();
        let on_link = |sources: &[Zoned<IpAddr>]| -> Result<BTreeSet<IpAddr>, PlanError> {
            let mut set = BTreeSet::new();
            for source in sources.iter().filter(like) {
                let lies_here = match source.zone() {
                    Some(zone) => find(interfaces, zone)?.index == index,
                    None => true,
                };
                set.extend(lies_here.then_some(source.address()));
            }
            Ok(set)
        };
        let mut include = on_link(&self.include)?;
        include.extend(target.source.filter(|source| source.is_ipv4() == group.is_ipv4()));
        if include.is_empty() && self.include.iter().any(|source| like(&source)) {
            return Ok(None);
        }
        let exclude = on_link(&self.exclude)?;
        match (include.first(), exclude.is_empty()) {
            (None, true) => {}
            _ if cast != Cast::Multicast => return Err(PlanError::SourceOfUnicast(group)),
            (Some(included), false) => {
                return Err(PlanError::IncludeAndExclude { group, included: *included });
            }
            _ => {}
        }
        Ok(Some(SourceSet { include, exclude }))
    }
}

/// The sources of one endpoint; both sets are empty for any source.
pub struct SourceSet {
    include: BTreeSet<IpAddr>,
    exclude: BTreeSet<IpAddr>,
}

impl SourceSet {
    /// Adds the sources of another target for the same endpoint.
    pub fn join(&mut self, other: SourceSet, group: IpAddr) -> Result<(), PlanError> {
        if self.include.is_empty() != other.include.is_empty() {
            let included = self.include.first().or(other.include.first()).copied();
            return included
                .map_or(Ok(()), |included| Err(PlanError::OneAndAny { group, included }));
        }
        self.include.extend(other.include);
        self.exclude.extend(other.exclude);
        Ok(())
    }

    pub fn filter(self) -> Filter {
        match (self.include.is_empty(), self.exclude.is_empty()) {
            (true, true) => Filter::Any,
            (false, _) => Filter::Include(self.include.into_iter().collect()),
            (true, false) => Filter::Exclude(self.exclude.into_iter().collect()),
        }
    }
}
