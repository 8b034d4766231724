//! The groups of this host from /proc.

use std::collections::BTreeMap;
use std::{fs, io};

use tracing::debug;

use crate::host::groups::Groups;
use crate::host::igmp_table::{parse_igmp, parse_igmp6};
use crate::iface::Joined;
use crate::units::order;

const IGMP: &str = "/proc/thread-self/net/igmp";
const IGMP6: &str = "/proc/thread-self/net/igmp6";

/// Reads the groups of this host from /proc/net/igmp and /proc/net/igmp6.
pub fn groups() -> Groups {
    let Ok(igmp) = read(IGMP) else { return Groups::default() };
    let igmp = parse_igmp(&igmp);
    let igmp_versions =
        order::map(igmp.iter().filter_map(|iface| Some((iface.ifindex, iface.version?))));
    let igmp6 = match read(IGMP6) {
        Ok(text) => Some(parse_igmp6(&text)),
        // A host without IPv6 has no such file and no groups.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Vec::new()),
        Err(_) => None,
    };
    let joined = igmp6.map(|igmp6| {
        let mut groups: BTreeMap<u32, Vec<Joined>> = BTreeMap::new();
        igmp.into_iter()
            .for_each(|iface| groups.entry(iface.ifindex).or_default().extend(iface.groups));
        igmp6
            .into_iter()
            .for_each(|(ifindex, joined)| groups.entry(ifindex).or_default().push(joined));
        groups.values_mut().for_each(|groups| order::sort_by_key(groups, |joined| joined.group));
        groups
    });
    Groups { joined, igmp_versions }
}

/// The IGMP version of an interface: 1, 2 or 3 (RFC 1112, RFC 2236, RFC 3376). It is that of the
/// oldest recently detected querier, or that of `force_igmp_version`. `None` if it is unknown.
pub fn igmp_version(ifname: &str) -> Option<u8> {
    parse_igmp(&read(IGMP).ok()?).into_iter().find(|iface| iface.name == ifname)?.version
}

/// Reads a file of /proc. The name of an interface may not be UTF-8.
fn read(path: &str) -> io::Result<String> {
    let bytes = fs::read(path).inspect_err(|error| debug!(path, %error, "cannot read"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_interface_name_has_no_version() {
        for name in ["", ".", "..", "no-such-interface", "../conf/lo", "a/b"] {
            assert_eq!(igmp_version(name), None, "{name:?}");
        }
    }
}
