//! The sockets that hold a UDP port, and their users (Linux: /proc/net/udp and udp6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::programs;
use super::user::PortUser;
use crate::host::proc_net::read_table;
use crate::iface::Family;

/// The sockets of this network namespace that hold a UDP port and can receive IPv4, or IPv6. IPv6
/// sockets on the unspecified address receive IPv4, too; the system does not show an exclusion of
/// IPv4 (IPV6_V6ONLY). `None` if the system does not show them.
pub fn users_of(port: u16, family: Family) -> Option<Vec<PortUser>> {
    let mut users = all(family)?;
    users.retain(|user| user.port == port);
    programs::name(&mut users);
    Some(users)
}

/// The number of sockets of other programs that are bound to a group, at another port. Sockets on
/// the unspecified address are not counted: every host has some.
pub fn others_than(port: u16, group: IpAddr) -> Option<usize> {
    let mut users = all(Family::of(group))?;
    users.retain(|user| user.port != port && user.address == group);
    programs::name(&mut users);
    Some(users.iter().filter(|user| !user.own).count())
}

/// The sockets that can receive IPv4, or IPv6.
fn all(family: Family) -> Option<Vec<PortUser>> {
    SocketTables::read().users(family)
}

/// The text of /proc/net/udp and udp6, which takes longer to parse than to read.
pub struct SocketTables {
    udp: Option<Vec<u8>>,
    /// `None` without IPv6.
    udp6: Option<Vec<u8>>,
}

impl SocketTables {
    /// Reads the tables of this network namespace.
    pub fn read() -> Self {
        SocketTables { udp: read_table("udp"), udp6: read_table("udp6") }
    }

    /// The sockets that can receive IPv4, or IPv6. `None` if the system does not show them.
    pub(super) fn users(&self, family: Family) -> Option<Vec<PortUser>> {
        let read = |table: &[u8]| parse(&String::from_utf8_lossy(table));
        let (udp, udp6) = (self.udp.as_deref(), self.udp6.as_deref());
        let mut users = if family == Family::V4 { read(udp?) } else { Vec::new() };
        users.extend(read(if family == Family::V4 { udp6.unwrap_or_default() } else { udp6? }));
        let can_receive = |address: IpAddr| {
            Family::of(address) == family
                || (family == Family::V4 && address == Ipv6Addr::UNSPECIFIED)
        };
        users.retain(|user| can_receive(user.address));
        Some(users)
    }
}

/// Reads /proc/net/udp or /proc/net/udp6: one line for each socket, after a header line. Ignores
/// invalid or truncated lines.
///
/// ```text
///    sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
///  1234: 6500000A:D431 00000000:0000 07 00000000:00000340 00:00000000 00000000  1000        0 56789 2 0000000000000000 12
/// ```
fn parse(text: &str) -> Vec<PortUser> {
    text.lines().filter_map(socket).collect()
}

fn socket(line: &str) -> Option<PortUser> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, local, peer, _, queues, _, _, uid, _, inode, _, _, drops, ..] = words[..] else {
        return None;
    };
    let (local, peer) = (address(local)?, address(peer)?);
    let (_, received) = queues.split_once(':')?;
    Some(PortUser {
        address: local.ip(),
        port: local.port(),
        connected: Some(peer).filter(|peer| peer.port() != 0),
        uid: uid.parse().ok()?,
        inode: inode.parse().ok()?,
        drops: drops.parse().ok()?,
        queued_bytes: hex(received, 8)?,
        program: None,
        own: false,
    })
}

/// An address and a port. The kernel prints each four bytes of the address as a number in its byte
/// order, but the port as its value.
fn address(word: &str) -> Option<SocketAddr> {
    let (address, port) = word.split_once(':')?;
    let port = u16::try_from(hex(port, 4)?).ok()?;
    let word =
        |at: usize| Some(u32::try_from(hex(address.get(at..at + 8)?, 8)?).ok()?.to_ne_bytes());
    let ip = match address.len() {
        8 => IpAddr::from(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (index, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(8 * index)?);
            }
            // An IPv6 socket can be bound to an IPv4 address.
            IpAddr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn hex(word: &str, digits: usize) -> Option<u64> {
    let is_hex = word.len() == digits && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u64::from_str_radix(word, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An address in the form of this machine's kernel.
    fn printed(address: &str) -> String {
        let bytes = match address.parse().unwrap() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        bytes
            .chunks_exact(4)
            .map(|four| format!("{:08X}", u32::from_ne_bytes(four.try_into().unwrap())))
            .collect()
    }

    fn table(lines: &[String]) -> String {
        let heads = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  \
             timeout inode ref pointer drops";
        format!("{heads}\n{}\n", lines.join("\n"))
    }

    fn line(local: &str, peer: &str) -> String {
        let (local, peer) = (printed(local), printed(peer));
        format!(
            " 1234: {local}:D431 {peer}:0000 07 00000000:00000340 00:00000000 00000000  1000        0 56789 2 0000000000000000 12         "
        )
    }

    #[test]
    fn the_table_of_the_kernel_is_read() {
        let connected = line("10.0.0.101", "10.0.0.7").replace(":0000 07", ":9C40 01");
        let read = parse(&table(&[line("0.0.0.0", "0.0.0.0"), connected]));
        let any = PortUser {
            address: "0.0.0.0".parse().unwrap(),
            port: 54_321,
            connected: None,
            uid: 1000,
            inode: 56_789,
            drops: 12,
            queued_bytes: 832,
            program: None,
            own: false,
        };
        let other = PortUser {
            address: "10.0.0.101".parse().unwrap(),
            connected: Some("10.0.0.7:40000".parse().unwrap()),
            ..any.clone()
        };
        assert_eq!(read, [any, other]);
    }

    #[test]
    fn addresses_of_ipv6_are_read_word_by_word() {
        let read = parse(&table(&[
            line("::", "::"),
            line("fe80::1:2", "::"),
            line("::ffff:10.0.0.101", "::"),
        ]));
        let addresses: Vec<String> = read.iter().map(|user| user.address.to_string()).collect();
        assert_eq!(addresses, ["::", "fe80::1:2", "10.0.0.101"]);
    }

    #[test]
    fn invalid_lines_are_ignored() {
        let good = line("10.0.0.101", "0.0.0.0");
        for (is, odd) in [
            (":D431", ":+431"),
            (":D431", ":D4311"),
            (":D431", ""),
            ("56789", "-1"),
            ("  1000", "  x"),
            ("00:00000340", "00"),
        ] {
            assert!(parse(&good.replacen(is, odd, 1)).is_empty(), "{odd}");
        }
        assert!(parse(&good[..good.len() - 12]).is_empty(), "cut short");
        assert_eq!(parse(&format!("{good} 99 a newer column")).len(), 1);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_socket_of_this_process_is_recognised() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let users = users_of(address.port(), Family::V4).unwrap();
        let user = users.iter().find(|user| user.address == address.ip()).unwrap();
        assert_eq!((user.own, user.drops, user.connected), (true, 0, None));
        let program = user.program.as_deref().unwrap();
        assert!(program.ends_with(&format!(" (pid {})", std::process::id())), "{program}");
        drop(socket);
        let users = users_of(address.port(), Family::V4).unwrap();
        assert!(users.iter().all(|other| other.inode != user.inode), "{users:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_socket_of_both_families_is_in_both_lists() {
        // Without IPv6 there is none.
        let Ok(socket) = std::net::UdpSocket::bind("[::]:0") else { return };
        let port = socket.local_addr().unwrap().port();
        for family in [Family::V4, Family::V6] {
            let users = users_of(port, family).unwrap();
            assert!(
                users.iter().any(|user| user.own && user.address == Ipv6Addr::UNSPECIFIED),
                "{family} {users:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(text: String, odd in "[ 0-9A-F:+é]{0,60}", cut in 0_usize..160) {
            let good = line("fe80::1", "::");
            let cut = &good[..cut.min(good.len())];
            let _ = (parse(&text), parse(&format!("{cut}{odd}\n{odd}{cut}")));
        }
    }
}
