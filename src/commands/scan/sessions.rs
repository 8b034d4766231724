//! The sessions that are announced (SAP).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::format::sdp::Connection;
use crate::format::{sap, sdp};
use crate::target::{Filter, is_source_specific};

/// The most groups and ports that are remembered: an attacker can announce any number.
const MOST_PLACES: usize = 16_384;

/// The most consecutive groups of one medium.
const MOST_GROUPS: u16 = 256;

/// The announced sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    names: HashMap<(IpAddr, u16), Option<String>>,
}

/// A group and port that a session uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub group: IpAddr,
    pub port: u16,
    /// The sources; any, unless the group is of the source-specific range.
    pub filter: Arc<Filter>,
}

impl Sessions {
    /// Reads a datagram. Returns the groups and ports that it announces for the first time.
    pub fn read(&mut self, payload: &[u8]) -> Vec<Announced> {
        let mut announced = Vec::new();
        let Some(sap) = sap::read(payload).filter(|sap| !sap.deletion) else { return announced };
        let Some(session) = sap.sdp.and_then(sdp::read) else { return announced };
        for media in session.media.iter().filter(|media| media.port != 0) {
            for group in media.connections.iter().flat_map(groups) {
                let place = (group, media.port);
                if self.names.len() >= MOST_PLACES && !self.names.contains_key(&place) {
                    return announced;
                }
                if self.names.insert(place, session.name.clone()).is_none() {
                    let filter = filter(group, &media.sources);
                    announced.push(Announced { group, port: media.port, filter });
                }
            }
        }
        announced
    }

    /// The name of the session that uses a group and port.
    pub fn name(&self, group: IpAddr, port: u16) -> Option<String> {
        self.names.get(&(group, port)).cloned().flatten()
    }
}

/// The multicast groups of a connection.
fn groups(connection: &Connection) -> impl Iterator<Item = IpAddr> + use<> {
    let Connection { address: first, count, .. } = *connection;
    let nth = move |offset: u16| match first {
        IpAddr::V4(first) => {
            IpAddr::from(Ipv4Addr::from_bits(first.to_bits().wrapping_add(offset.into())))
        }
        IpAddr::V6(first) => {
            IpAddr::from(Ipv6Addr::from_bits(first.to_bits().wrapping_add(offset.into())))
        }
    };
    (0..count.min(MOST_GROUPS)).map(nth).filter(IpAddr::is_multicast)
}

/// A source-specific group can be joined only from its sources.
fn filter(group: IpAddr, sources: &[IpAddr]) -> Arc<Filter> {
    let fitting: Vec<IpAddr> =
        sources.iter().filter(|source| source.is_ipv4() == group.is_ipv4()).copied().collect();
    let needed = is_source_specific(group) && !fitting.is_empty();
    Arc::new(if needed { Filter::Include(fitting) } else { Filter::Any })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement(sdp: &str) -> Vec<u8> {
        [b"\x20\0\x12\x34\x0a\0\0\x05application/sdp\0", sdp.as_bytes()].concat()
    }

    fn places(announced: &[Announced]) -> Vec<String> {
        announced.iter().map(|of| format!("{}:{}", of.group, of.port)).collect()
    }

    const TWO: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\ns=Studio 1\r\nt=0 0\r\n\
                       m=audio 5004 RTP/AVP 97\r\nc=IN IP4 239.69.1.1/15/2\r\n";

    #[test]
    fn a_session_names_its_groups() {
        let mut sessions = Sessions::default();
        let announced = sessions.read(&announcement(TWO));
        assert_eq!(places(&announced), ["239.69.1.1:5004", "239.69.1.2:5004"]);
        assert_eq!(sessions.read(&announcement(TWO)), [], "it is announced again and again");
        let name = |group: &str| sessions.name(group.parse().unwrap(), 5004);
        assert_eq!(name("239.69.1.2").as_deref(), Some("Studio 1"));
        assert_eq!(name("239.69.1.3"), None);
    }

    #[test]
    fn a_source_specific_group_has_its_sources() {
        let ssm = TWO.replace("239.69.1.1/15/2", "232.1.1.1/15")
            + "a=source-filter: incl IN IP4 232.1.1.1 10.0.0.5\r\n";
        let announced = Sessions::default().read(&announcement(&ssm));
        assert_eq!(*announced[0].filter, Filter::Include(vec!["10.0.0.5".parse().unwrap()]));
    }

    #[test]
    fn only_groups_are_scanned() {
        let mut sessions = Sessions::default();
        for text in [TWO.replace("239.69.1.1/15/2", "10.0.0.9"), TWO.replace("5004", "0")] {
            assert_eq!(sessions.read(&announcement(&text)), []);
        }
        assert_eq!(sessions.read(b"\x24\0\x12\x34\x0a\0\0\x05v=0\r\n"), [], "a deletion");
    }
}
