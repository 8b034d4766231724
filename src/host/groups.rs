//! The groups that this host is a member of.

use std::collections::BTreeMap;

use crate::iface::Joined;

/// The groups of this host at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    pub(super) joined: Option<BTreeMap<u32, Vec<Joined>>>,
    pub(super) igmp_versions: BTreeMap<u32, u8>,
}

impl Groups {
    /// The groups of the interface with this index, sorted by address. `None` if the system does
    /// not show them.
    pub fn of(&self, ifindex: u32) -> Option<&[Joined]> {
        self.joined.as_ref().map(|groups| groups.get(&ifindex).map_or(&[][..], Vec::as_slice))
    }

    /// The IGMP version of the interface with this index: see [`super::igmp_version`].
    pub fn igmp_version(&self, ifindex: u32) -> Option<u8> {
        self.igmp_versions.get(&ifindex).copied()
    }
}
