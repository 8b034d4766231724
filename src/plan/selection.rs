//! Which datagrams of a capture a run takes.

use std::net::{IpAddr, SocketAddr};

use super::{PlanError, Sources};
use crate::iface::Wanted;
use crate::target::{Filter, TargetRange, Zoned};

/// Which datagrams of a capture a run takes.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Empty for every group.
    targets: Vec<TargetRange>,
    sources: Sources,
    /// Names, or numbers from 0; empty for every interface.
    interfaces: Vec<String>,
}

/// Why a run does not take the datagrams to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unselected {
    /// `--iface` selects other interfaces.
    Interface,
    /// There is no TARGET, and it is no multicast datagram.
    NotMulticast,
    /// No TARGET has the address and port.
    Target,
}

/// An interface of a capture.
#[derive(Clone, Copy, Debug)]
pub struct CaptureInterface<'a> {
    /// Its name, if the capture states it.
    pub name: Option<&'a str>,
    /// Its position in the capture, from 0.
    pub number: usize,
}

impl Selection {
    /// The selection of these targets, sources and interfaces.
    ///
    /// # Errors
    /// The families of sources and targets differ, or a capture cannot have such an interface.
    pub fn new(
        targets: Vec<TargetRange>,
        sources: Sources,
        wanted: &[Wanted],
    ) -> Result<Self, PlanError> {
        if !targets.is_empty() {
            sources.fit(&targets)?;
        }
        let mut interfaces = Vec::new();
        for wanted in wanted {
            match wanted {
                // The default of this host's interfaces.
                Wanted::Default(_) => {}
                Wanted::All => return Ok(Selection { targets, sources, interfaces: Vec::new() }),
                Wanted::Ask => return Err(PlanError::IfaceOfCapture("ask".to_owned())),
                Wanted::Named(name) if name.parse::<IpAddr>().is_ok() => {
                    return Err(PlanError::IfaceOfCapture(name.clone()));
                }
                Wanted::Named(name) => interfaces.push(name.clone()),
            }
        }
        Ok(Selection { targets, sources, interfaces })
    }

    /// The targets; empty for every group.
    pub fn targets(&self) -> &[TargetRange] {
        &self.targets
    }

    /// The interfaces; empty for every interface.
    pub fn interfaces(&self) -> &[String] {
        &self.interfaces
    }

    /// The sources to take of the datagrams to an address and port on an interface.
    ///
    /// # Errors
    /// Why the run takes none of them.
    pub fn filter(&self, to: SocketAddr, iface: CaptureInterface) -> Result<Filter, Unselected> {
        let is_named = |wanted: &String| iface.is(wanted);
        if !self.interfaces.is_empty() && !self.interfaces.iter().any(is_named) {
            return Err(Unselected::Interface);
        }
        if self.targets.is_empty() {
            let is_group = to.ip().is_multicast();
            return if is_group { Ok(self.of(&[], iface)) } else { Err(Unselected::NotMulticast) };
        }
        let matching: Vec<&TargetRange> = self
            .targets
            .iter()
            .filter(|target| target.covers(to))
            .filter(|target| target.zone().is_none_or(|zone| iface.may_be(zone)))
            .collect();
        if matching.is_empty() { Err(Unselected::Target) } else { Ok(self.of(&matching, iface)) }
    }

    /// The sources of matching targets.
    fn of(&self, targets: &[&TargetRange], iface: CaptureInterface) -> Filter {
        let here = |sources: &[Zoned<IpAddr>]| -> Vec<IpAddr> {
            let here =
                sources.iter().filter(|source| source.zone().is_none_or(|zone| iface.may_be(zone)));
            here.map(Zoned::<IpAddr>::address).collect()
        };
        let (mut include, exclude) = (here(&self.sources.include), here(&self.sources.exclude));
        let takes_any = targets.iter().any(|target| target.source().is_none());
        let takes_any = self.sources.include.is_empty() && (targets.is_empty() || takes_any);
        include.extend(targets.iter().filter_map(|target| target.source()));
        match (takes_any, exclude.is_empty()) {
            (true, true) => Filter::Any,
            (true, false) => Filter::Exclude(exclude),
            (false, _) => {
                include.retain(|source| !exclude.contains(source));
                Filter::Include(include)
            }
        }
    }
}

impl CaptureInterface<'_> {
    /// Whether a user who typed `wanted` means this interface. A name precedes a number.
    pub fn is(self, wanted: &str) -> bool {
        self.name == Some(wanted) || wanted.parse() == Ok(self.number)
    }

    /// Whether it may be the zone `wanted`: many captures do not name their interfaces.
    fn may_be(self, wanted: &str) -> bool {
        self.name.is_none_or(|name| name == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const E0: CaptureInterface = CaptureInterface { name: Some("e0"), number: 0 };
    const E1: CaptureInterface = CaptureInterface { name: Some("e1"), number: 1 };

    fn ranges(targets: &[&str]) -> Vec<TargetRange> {
        targets.iter().map(|text| text.parse().expect("a target")).collect()
    }

    fn sources(texts: &[&str]) -> Vec<Zoned<IpAddr>> {
        texts.iter().map(|text| crate::target::read_source(text).expect("a source")).collect()
    }

    fn selection(targets: &[&str], include: &[&str], exclude: &[&str]) -> Selection {
        let sources = Sources { include: sources(include), exclude: sources(exclude) };
        Selection::new(ranges(targets), sources, &[]).expect("a selection")
    }

    fn to(text: &str) -> SocketAddr {
        text.parse().expect("an address and port")
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn without_targets_every_group_is_taken() {
        let all = selection(&[], &[], &[]);
        assert_eq!(all.filter(to("239.1.1.1:5000"), E0), Ok(Filter::Any));
        assert_eq!(all.filter(to("[ff02::fb]:5353"), E0), Ok(Filter::Any));
        for other in ["10.0.0.5:5000", "255.255.255.255:67"] {
            assert_eq!(all.filter(to(other), E0), Err(Unselected::NotMulticast), "{other}");
        }
    }

    #[test]
    fn targets_select_addresses_and_ports() {
        let some = selection(&["239.1.1.1:5000", "10.0.0.5:6000"], &[], &[]);
        assert_eq!(some.filter(to("239.1.1.1:5000"), E0), Ok(Filter::Any));
        assert_eq!(some.filter(to("10.0.0.5:6000"), E0), Ok(Filter::Any));
        assert_eq!(some.filter(to("239.1.1.1:5001"), E0), Err(Unselected::Target));
    }

    #[test]
    fn sources_of_targets_and_options_add_up() {
        let (one, other) = (ip("10.0.0.5"), ip("10.0.0.6"));
        let filter = |targets: &[&str], include: &[&str], exclude: &[&str]| {
            selection(targets, include, exclude).filter(to("232.1.1.1:5000"), E0)
        };
        let ssm = "10.0.0.5@232.1.1.1:5000";
        assert_eq!(filter(&[ssm], &[], &[]), Ok(Filter::Include(vec![one])));
        assert_eq!(filter(&[ssm], &["10.0.0.6"], &[]), Ok(Filter::Include(vec![other, one])));
        assert_eq!(filter(&[ssm, "232.1.1.1:5000"], &[], &[]), Ok(Filter::Any));
        assert_eq!(filter(&[ssm], &[], &["10.0.0.5"]), Ok(Filter::Include(vec![])));
        assert_eq!(filter(&[], &["10.0.0.6"], &[]), Ok(Filter::Include(vec![other])));
        assert_eq!(filter(&[], &[], &["10.0.0.6"]), Ok(Filter::Exclude(vec![other])));
    }

    #[test]
    fn interfaces_are_selected_by_name_or_number() {
        let on = |wanted: &[&str], iface| {
            let wanted: Vec<Wanted> = wanted.iter().map(|text| text.parse().unwrap()).collect();
            let selection = Selection::new(Vec::new(), Sources::default(), &wanted);
            selection.expect("a selection").filter(to("239.1.1.1:5000"), iface).is_ok()
        };
        assert!(on(&["e0"], E0) && !on(&["e0"], E1) && on(&["e0", "1"], E1) && on(&["all"], E1));
        let unnamed = CaptureInterface { name: None, number: 0 };
        assert!(on(&["0"], unnamed) && !on(&["e0"], unnamed));
    }

    #[test]
    fn a_capture_has_no_addresses_and_no_menu() {
        for wanted in ["10.0.0.1", "fe80::1", "ask"] {
            let wanted = [wanted.parse().unwrap()];
            assert!(Selection::new(Vec::new(), Sources::default(), &wanted).is_err());
        }
        let default = Wanted::Named("10.0.0.1".to_owned()).by_default();
        let all = Selection::new(Vec::new(), Sources::default(), &[default]).expect("ignored");
        assert!(all.interfaces().is_empty());
    }

    #[test]
    fn a_zone_applies_to_named_interfaces() {
        let scoped = selection(&["[ff02::5%e0]:5000"], &[], &[]);
        let unnamed = CaptureInterface { name: None, number: 0 };
        let found = [E0, E1, unnamed].map(|iface| scoped.filter(to("[ff02::5]:5000"), iface));
        assert_eq!(found, [Ok(Filter::Any), Err(Unselected::Target), Ok(Filter::Any)]);
    }
}
