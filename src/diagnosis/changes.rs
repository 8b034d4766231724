//! The difference between two cycles of a check that is repeated.

use crate::notice::Notice;

/// The units and nouns of a measured number. Another value of it is no other statement.
const MEASURED: [&str; 10] =
    ["s", "ms", "us", "%", "datagram", "datagrams", "frame", "frames", "byte", "bytes"];

/// The findings that hold, as they were reported.
#[derive(Clone, Debug, Default)]
pub struct CurrentFindings {
    reported: Vec<Notice>,
}

/// The difference between two cycles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingChanges {
    /// The findings that no longer hold, as they were reported.
    pub resolved: Vec<Notice>,
    /// The findings that hold from now on.
    pub new: Vec<Notice>,
}

impl CurrentFindings {
    /// Replaces the findings by those of the next cycle. A finding whose numbers alone differ stays
    /// as it was reported: its counters differ in each cycle.
    pub fn update(&mut self, found: &[Notice]) -> FindingChanges {
        let mut resolved = std::mem::take(&mut self.reported);
        let mut new = Vec::new();
        for finding in found {
            match resolved.iter().position(|known| is_same(known, finding)) {
                Some(position) => self.reported.push(resolved.remove(position)),
                None => {
                    new.push(finding.clone());
                    self.reported.push(finding.clone());
                }
            }
        }
        FindingChanges { resolved, new }
    }
}

/// Whether two findings state the same.
fn is_same(a: &Notice, b: &Notice) -> bool {
    a.id == b.id
        && a.level == b.level
        && (a.what == b.what || without_numbers(&a.what) == without_numbers(&b.what))
}

/// The words of a statement without its measured numbers: `no datagrams in 3 s` becomes `no
/// datagrams in`. A port, a process id and the number of a VLAN stay, because no unit follows them.
fn without_numbers(what: &str) -> Vec<&str> {
    let mut words = what.split(' ').peekable();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        let is_number = word.trim_start_matches('(').parse::<f64>().is_ok();
        let is_unit = |next: &&str| {
            MEASURED.contains(&next.trim_end_matches([',', ';', ':', ')'])) || *next == "multicast"
        };
        if is_number && words.peek().is_some_and(is_unit) {
            words.next();
        } else {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notice::{Id, Level};

    const IDS: [Id; 4] = [Id::NothingArrives, Id::NoQuerier, Id::Arrives, Id::FirewallInput];

    fn finding(id: Id, level: Level, what: &str) -> Notice {
        Notice::new(level, id, what)
    }

    fn texts(findings: &[Notice]) -> Vec<&str> {
        findings.iter().map(|finding| finding.what.as_str()).collect()
    }

    #[test]
    fn counters_are_no_change() {
        for (before, after) in [
            ("no datagrams for 239.1.1.1:5000 in 3 s", "no datagrams for 239.1.1.1:5000 in 2.9 s"),
            (
                "vlc (pid 7) reads too slowly: the kernel dropped 1 datagram in 1 s",
                "vlc (pid 7) reads too slowly: the kernel dropped 824 datagrams in 1.5 s",
            ),
            ("25 multicast datagrams reached this host", "9 multicast datagrams reached this host"),
            ("e0 has errors: 96 frames in 0.2 s", "e0 has errors: 1 frame in 3 s"),
        ] {
            let mut current = CurrentFindings::default();
            current.update(&[finding(Id::NothingArrives, Level::Warning, before)]);
            let changes = current.update(&[finding(Id::NothingArrives, Level::Warning, after)]);
            assert_eq!(changes, FindingChanges::default(), "{before} | {after}");
            // The text that was reported identifies the finding until its end.
            assert_eq!(texts(&current.update(&[]).resolved), [before]);
        }
    }

    #[test]
    fn another_subject_is_a_change() {
        for (before, after) in [
            ("e0 has no carrier", "e1 has no carrier"),
            (
                "239.1.1.1 arrives on port 5001, not on 5000",
                "239.1.1.1 arrives on port 5002, not on 5000",
            ),
            ("python3 (pid 12) holds UDP port 5000", "python3 (pid 13) holds UDP port 5000"),
            (
                "239.1.1.1 reaches e0 with VLAN tag 5, which",
                "239.1.1.1 reaches e0 with VLAN tag 6, which",
            ),
            ("e0 uses IGMPv2", "e0 uses IGMPv1"),
        ] {
            let mut current = CurrentFindings::default();
            current.update(&[finding(Id::OtherPort, Level::Fault, before)]);
            let changes = current.update(&[finding(Id::OtherPort, Level::Fault, after)]);
            assert_eq!(
                (texts(&changes.resolved), texts(&changes.new)),
                (vec![before], vec![after])
            );
        }
    }

    #[test]
    fn another_level_is_a_change() {
        let mut current = CurrentFindings::default();
        current.update(&[finding(Id::RpFilter, Level::Pass, "the reverse-path filter")]);
        let fault = [finding(Id::RpFilter, Level::Fault, "the reverse-path filter")];
        let changes = current.update(&fault);
        assert_eq!(changes.resolved[0].level, Level::Pass);
        assert_eq!(changes.new, fault);
    }

    fn findings() -> impl Strategy<Value = Vec<Notice>> {
        let levels = [Level::Pass, Level::Note, Level::Warning, Level::Fault];
        let one = (0..IDS.len(), 0..levels.len(), 0..3_u8, 0..100_u8).prop_map(
            move |(id, level, iface, number)| {
                let what = format!("e{iface} dropped {number} datagrams");
                finding(IDS[id], levels[level], &what)
            },
        );
        proptest::collection::vec(one, 0..12)
    }

    /// What identifies a finding.
    fn keys(findings: &[Notice]) -> Vec<String> {
        let mut keys: Vec<String> = findings
            .iter()
            .map(|finding| {
                format!("{} {:?} {:?}", finding.id, finding.level, without_numbers(&finding.what))
            })
            .collect();
        keys.sort();
        keys
    }

    proptest! {
        /// A reader that removes each resolved finding and adds each new one has the findings of
        /// the last cycle.
        #[test]
        fn the_changes_lead_to_the_last_cycle(cycles in proptest::collection::vec(findings(), 1..6)) {
            let mut current = CurrentFindings::default();
            let mut read: Vec<Notice> = Vec::new();
            for found in &cycles {
                let changes = current.update(found);
                for resolved in &changes.resolved {
                    let position = read.iter().position(|known| known == resolved);
                    prop_assert!(position.is_some(), "{resolved:?} was reported");
                    read.remove(position.unwrap());
                }
                read.extend(changes.new);
                prop_assert_eq!(keys(&read), keys(found));
                prop_assert_eq!(current.clone().update(found), FindingChanges::default());
            }
        }
    }
}
