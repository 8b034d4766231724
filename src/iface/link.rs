//! The kind of an interface, and the interface that it belongs to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a VRF device, as `ip -d link` prints it.
const VRF: &str = "vrf";

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// As `ip -d link` prints it: `bond`, `vrf`, `wireguard`. A network card has none.
    pub kind: Option<String>,
    /// Its frames have no Ethernet addresses, as in a tunnel.
    pub no_ethernet: bool,
    /// An ipvlan in mode L3 or L3S, which carries no multicast
    /// (Documentation/networking/ipvlan.rst).
    pub is_l3_ipvlan: bool,
    pub master: Option<Master>,
}

/// The interface that another one is a port or a member of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Master {
    pub name: String,
    /// `None` if the system does not show it.
    pub kind: Option<String>,
}

impl Link {
    /// The VRF of the interface, which may be the interface itself. A socket receives there only if
    /// it is bound to this device (Documentation/networking/vrf.rst).
    pub fn vrf<'a>(&'a self, own_name: &'a str) -> Option<&'a str> {
        match &self.master {
            _ if self.is_vrf() => Some(own_name),
            Some(master) if master.is_vrf() => Some(&master.name),
            _ => None,
        }
    }

    pub fn is_vrf(&self) -> bool {
        self.kind.as_deref() == Some(VRF)
    }

    pub fn is_wireguard(&self) -> bool {
        self.kind.as_deref() == Some("wireguard")
    }

    /// The interface that receives in place of this one: a bridge, a bond or a team takes all
    /// frames of its members.
    pub fn upper(&self) -> Option<&Master> {
        self.master.as_ref().filter(|master| !master.is_vrf())
    }
}

impl Master {
    fn is_vrf(&self) -> bool {
        self.kind.as_deref() == Some(VRF)
    }

    /// Whether its members are called ports.
    pub fn has_ports(&self) -> bool {
        matches!(self.kind.as_deref(), Some("bridge" | "team" | "openvswitch"))
    }
}

impl fmt::Display for Master {
    /// Completes "a member of": `the bond bond0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind.as_deref() {
            Some("openvswitch") => write!(f, "the Open vSwitch bridge {}", self.name),
            Some(kind) => write!(f, "the {kind} {}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member_of(kind: Option<&str>) -> Link {
        let master = Master { name: "m0".to_owned(), kind: kind.map(str::to_owned) };
        Link { master: Some(master), ..Link::default() }
    }

    #[test]
    fn only_a_vrf_leaves_the_frames_to_its_member() {
        let vrf = member_of(Some("vrf"));
        assert_eq!((vrf.vrf("e0"), vrf.upper()), (Some("m0"), None));
        for kind in [Some("bridge"), Some("bond"), Some("team"), Some("hsr"), None] {
            let link = member_of(kind);
            assert_eq!((link.vrf("e0"), link.upper()), (None, link.master.as_ref()), "{kind:?}");
        }
        let device = Link { kind: Some("vrf".to_owned()), ..Link::default() };
        assert_eq!((device.vrf("red"), device.upper()), (Some("red"), None));
    }

    #[test]
    fn a_master_is_shown_with_its_kind() {
        let words = |kind| member_of(kind).master.unwrap().to_string();
        assert_eq!(words(Some("bond")), "the bond m0");
        assert_eq!(words(Some("openvswitch")), "the Open vSwitch bridge m0");
        assert_eq!(words(None), "m0");
    }
}
