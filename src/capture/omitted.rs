//! What a reader leaves out, and why.

use std::fmt;

use super::link_names::link_name;

/// How many link types are counted separately.
const MOST_LINK_TYPES: usize = 16;

/// Why no datagram comes from a record, or from a set of fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The frame has no IP packet.
    NotIp,
    /// The IP packet has another protocol than UDP. Tunnels that mcast does not read count here too.
    NotUdp,
    /// The snap length of the capture cut the datagram.
    Cut,
    /// A datagram whose other fragments are not in the capture.
    Fragments,
    /// A link type that mcast does not read.
    LinkType(u16),
    /// Further link types that mcast does not read.
    OtherLinkTypes,
    /// The lengths of the headers contradict each other.
    Malformed,
}

/// How many records hold no UDP datagram that mcast reads, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    not_ip: u64,
    not_udp: u64,
    cut: u64,
    fragments: u64,
    malformed: u64,
    link_types: Vec<(u16, u64)>,
    other_link_types: u64,
}

impl Omitted {
    pub(super) fn add(&mut self, reason: Reason, count: u64) {
        *match reason {
            Reason::NotIp => &mut self.not_ip,
            Reason::NotUdp => &mut self.not_udp,
            Reason::Cut => &mut self.cut,
            Reason::Fragments => &mut self.fragments,
            Reason::Malformed => &mut self.malformed,
            Reason::OtherLinkTypes => &mut self.other_link_types,
            Reason::LinkType(link_type) => self.of_link_type(link_type),
        } += count;
    }

    fn of_link_type(&mut self, link_type: u16) -> &mut u64 {
        let known = self.link_types.iter().position(|(known, _)| *known == link_type);
        if known.is_none() && self.link_types.len() < MOST_LINK_TYPES {
            self.link_types.push((link_type, 0));
        }
        let position = known.unwrap_or(self.link_types.len().saturating_sub(1));
        match self.link_types.get_mut(position) {
            Some((kept, count)) if *kept == link_type => count,
            _ => &mut self.other_link_types,
        }
    }

    /// One record for each of these reasons.
    #[cfg(test)]
    pub(crate) fn sample(reasons: &[Reason]) -> Self {
        let mut omitted = Omitted::default();
        reasons.iter().for_each(|reason| omitted.add(*reason, 1));
        omitted
    }

    /// The number of records that were left out. Each datagram with missing fragments counts once.
    pub fn total(&self) -> u64 {
        self.reasons().map(|(_, count)| count).sum()
    }

    /// The reasons that occurred, with their counts.
    pub fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        let link_types =
            self.link_types.iter().map(|(kind, count)| (Reason::LinkType(*kind), *count));
        [
            (Reason::NotIp, self.not_ip),
            (Reason::NotUdp, self.not_udp),
            (Reason::Cut, self.cut),
            (Reason::Fragments, self.fragments),
            (Reason::Malformed, self.malformed),
        ]
        .into_iter()
        .chain(link_types)
        .chain([(Reason::OtherLinkTypes, self.other_link_types)])
        .filter(|(_, count)| *count > 0)
    }
}

impl Reason {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Reason::NotIp => "not_ip",
            Reason::NotUdp => "not_udp",
            Reason::Cut => "cut",
            Reason::Fragments => "fragments",
            Reason::Malformed => "malformed",
            Reason::LinkType(_) | Reason::OtherLinkTypes => "link_type",
        }
    }
}

/// Follows a count: `12 not IP`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Reason::NotIp => f.write_str("not IP"),
            Reason::NotUdp => f.write_str("not UDP"),
            Reason::Cut => f.write_str("cut by the snap length"),
            Reason::Fragments => f.write_str("with missing fragments"),
            Reason::Malformed => f.write_str("malformed"),
            Reason::OtherLinkTypes => f.write_str("of further link types"),
            Reason::LinkType(link_type) => match link_name(*link_type) {
                Some(name) => write!(f, "of link type {link_type} ({name})"),
                None => write!(f, "of link type {link_type}"),
            },
        }
    }
}
