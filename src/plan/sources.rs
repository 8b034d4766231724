//! The sources of each group, from targets and options together.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::PlanError;
use crate::iface::Cast;
use crate::target::{Filter, Target, TargetRange};

/// The sources that the options name, for all targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// `--source`.
    pub include: Vec<IpAddr>,
    /// `--exclude`.
    pub exclude: Vec<IpAddr>,
}

impl Sources {
    /// Holds the sources against the targets: each is of the family of some target, and with
    /// `--source` each group has one of its family.
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
            for source in sources {
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

    /// The sources of one target.
    pub fn of(&self, target: &Target, cast: Cast) -> Result<SourceSet, PlanError> {
        let group = target.group;
        let like = |source: &&IpAddr| source.is_ipv4() == group.is_ipv4();
        let include: BTreeSet<IpAddr> =
            target.source.iter().chain(&self.include).filter(like).copied().collect();
        let exclude: BTreeSet<IpAddr> = self.exclude.iter().filter(like).copied().collect();
        match (include.first(), exclude.is_empty()) {
            (None, true) => {}
            _ if cast != Cast::Multicast => return Err(PlanError::SourceOfUnicast(group)),
            (Some(included), false) => {
                return Err(PlanError::IncludeAndExclude { group, included: *included });
            }
            _ => {}
        }
        Ok(SourceSet { include, exclude })
    }
}

/// The sources that are wished for at one endpoint; none at all is anybody.
pub struct SourceSet {
    include: BTreeSet<IpAddr>,
    exclude: BTreeSet<IpAddr>,
}

impl SourceSet {
    /// Takes in what another target wishes for the same endpoint.
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
