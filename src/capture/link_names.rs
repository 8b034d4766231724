//! The names of link types that mcast does not read.

/// The name of a link type (<https://www.tcpdump.org/linktypes.html>).
pub fn link_name(link_type: u16) -> Option<&'static str> {
    Some(match link_type {
        6 => "Token Ring",
        7 => "ARCnet",
        8 => "SLIP",
        9 | 50 => "PPP",
        10 => "FDDI",
        51 => "PPPoE",
        104 => "Cisco HDLC",
        105 => "IEEE 802.11",
        107 => "Frame Relay",
        109 => "OpenBSD IPsec",
        117 => "PF log",
        119 => "IEEE 802.11 with Prism header",
        122 => "IP over Fibre Channel",
        127 => "IEEE 802.11 with radiotap header",
        163 => "IEEE 802.11 with AVS header",
        187 | 201 => "Bluetooth",
        189 | 220 => "USB, Linux",
        195 | 215 | 230 | 283 => "IEEE 802.15.4",
        192 => "PPI",
        197 => "ERF",
        227 => "CAN",
        247 => "InfiniBand",
        249 => "USBPcap",
        251 | 256 => "Bluetooth Low Energy",
        252 => "Wireshark upper PDU",
        253 => "Netlink",
        274 => "Ethernet mPackets",
        147..=162 => "user-defined",
        _ => return None,
    })
}
