//! Whether the network understands source-specific joins. An IGMPv2 or MLDv1 querier turns them
//! into joins from any source, without an error anywhere (RFC 3376, 7.2.1); and it may be heard
//! long after the join.

use std::time::{Duration, Instant};

use crate::iface::{Family, Presence, Via};
use crate::notice::{Notice, receive};

/// How often to look. Queriers ask every 125 s (RFC 3376, 8.2), so this is soon enough.
const PERIOD: Duration = Duration::from_secs(5);

/// The interfaces that were joined from sources, and have not been warned of: by their position
/// among those that are followed.
pub struct Querier {
    quiet: Vec<usize>,
    next: Instant,
}

impl Querier {
    /// Begins with these interfaces; the first look is due at `now`.
    pub fn new(specific: &[usize], now: Instant) -> Self {
        Querier { quiet: specific.to_vec(), next: now }
    }

    /// When the next look is due; `None` where nothing is left to find.
    pub fn due(&self) -> Option<Instant> {
        (!self.quiet.is_empty()).then_some(self.next)
    }

    /// Takes a look, if it is due, at all interfaces that are followed.
    /// `version` tells the version of IGMP or MLD that one speaks.
    pub fn look<'a>(
        &mut self,
        now: Instant,
        followed: impl Iterator<Item = (&'a Via, Family, Presence)>,
        version: impl Fn(&str, Family) -> Option<u8>,
    ) -> Vec<Notice> {
        if self.due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.next = now + PERIOD;
        let mut warnings = Vec::new();
        for (position, (via, family, _)) in followed.enumerate() {
            let Some(quiet) = self.quiet.iter().position(|quiet| *quiet == position) else {
                continue;
            };
            let (protocol, knowing) = if family == Family::V4 { ("IGMP", 3) } else { ("MLD", 2) };
            if let Some(version) = version(&via.name, family).filter(|version| *version < knowing) {
                self.quiet.remove(quiet);
                let version = format!("{protocol}v{version}");
                warnings.push(receive::ssm_unsupported(&via.name, &version));
            }
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(querier: &mut Querier, now: Instant, names: [&str; 2], version: u8) -> Vec<String> {
        let vias = names.map(|name| Via {
            name: name.to_owned(),
            index: 2,
            address: None,
            pinned: false,
            named: true,
        });
        let followed = vias
            .iter()
            .zip([Family::V4, Family::V6])
            .map(|(via, family)| (via, family, Presence::Ready));
        let warnings = querier.look(now, followed, |_, _| Some(version));
        warnings.into_iter().map(|notice| notice.what).collect()
    }

    #[test]
    fn an_old_querier_is_told_once_whenever_it_is_heard_and_whatever_the_interface_is_called_then()
    {
        let start = Instant::now();
        let mut querier = Querier::new(&[0], start);
        assert_eq!(querier.due(), Some(start));
        assert!(look(&mut querier, start, ["e0", "e0"], 3).is_empty());
        assert!(look(&mut querier, start + PERIOD / 2, ["e0", "e0"], 2).is_empty(), "not yet due");
        let told = look(&mut querier, start + PERIOD, ["lan0", "lan0"], 2);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("lan0 uses IGMPv2, which cannot filter by source"), "{told:?}");
        assert_eq!(querier.due(), None);
    }

    #[test]
    fn each_protocol_has_its_version() {
        let start = Instant::now();
        assert_eq!(Querier::new(&[], start).due(), None);
        let mut querier = Querier::new(&[1], start);
        assert!(look(&mut querier, start, ["e0", "e0"], 2).is_empty());
        assert!(
            look(&mut querier, start + PERIOD, ["e0", "e0"], 1)[0].starts_with("e0 uses MLDv1")
        );
    }
}
