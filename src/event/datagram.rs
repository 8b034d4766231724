//! One datagram.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::json::rfc3339;
use super::measured;
use crate::target::Zoned;
use crate::units::hex::Hex;

/// A datagram that came.
#[derive(Debug, Serialize)]
pub struct ReceivedDatagram<'a> {
    /// When the kernel took it.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// Who sent it.
    pub source: Zoned<SocketAddr, &'a str>,
    /// The group it was heard on.
    pub group: IpAddr,
    /// The UDP port it was heard on.
    pub port: u16,
    /// The interface it arrived on.
    pub iface: Option<&'a str>,
    /// The TTL or hop limit that was left.
    pub ttl: Option<u8>,
    /// Its DSCP.
    pub dscp: Option<u8>,
    /// Its ECN codepoint, for the formats that show it.
    #[serde(skip)]
    pub ecn: Option<u8>,
    /// The length of its payload.
    pub len_bytes: usize,
    /// What it says of itself, where it is a measured one.
    #[serde(flatten)]
    pub probe: Option<ProbeInfo>,
    /// Its payload: `text` where it is UTF-8, else `hex`.
    #[serde(flatten)]
    pub payload: Payload<'a>,
}

/// What a measured datagram says.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum ProbeInfo {
    /// It is one of a stream.
    Whole {
        /// The sender's run, in hex.
        #[serde(serialize_with = "measured::hex")]
        stream: u64,
        /// Its number.
        seq: u64,
        /// From the sender to the receiver's kernel; `null` where the clocks are not known to
        /// agree.
        delay_ns: Option<i64>,
    },
    /// It was sent.
    Sent {
        /// The run, in hex.
        #[serde(serialize_with = "measured::hex")]
        stream: u64,
        /// Its number.
        seq: u64,
    },
    /// It claims to be one, and is not to be believed.
    Damaged {
        /// `corrupt`, `truncated` or `unsupported`.
        damage: &'static str,
    },
}

/// The bytes of a datagram.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a>(pub &'a [u8]);

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match std::str::from_utf8(self.0) {
            Ok(text) => map.serialize_entry("text", text)?,
            Err(_) => map.serialize_entry("hex", &Hex(self.0))?,
        }
        map.end()
    }
}

/// A datagram that went.
#[derive(Debug, Serialize)]
pub struct SentDatagram<'a> {
    /// When.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface it left by.
    pub iface: &'a str,
    /// The length of its payload.
    pub len_bytes: usize,
    /// What it says of itself, where it is a measured one.
    #[serde(flatten)]
    pub probe: Option<ProbeInfo>,
    /// Its payload, for the formats that show it.
    #[serde(skip)]
    pub payload: Payload<'a>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::Event;

    #[test]
    fn a_datagram_is_text_where_it_can_be_and_hex_where_not() {
        let event = |payload: &'static [u8]| {
            serde_json::to_string(&Event::Received(ReceivedDatagram {
                time: SystemTime::UNIX_EPOCH + Duration::new(1_795_000_000, 5),
                source: Zoned::socket("10.0.0.100:40000".parse().unwrap(), Some("e0")),
                group: "239.1.1.1".parse().unwrap(),
                port: 5000,
                iface: Some("e0"),
                ttl: None,
                dscp: Some(46),
                ecn: Some(0),
                len_bytes: payload.len(),
                probe: None,
                payload: Payload(payload),
            }))
            .unwrap()
        };
        assert_eq!(
            event(b"a\"\x1b\n"),
            r#"{"event":"datagram","time":"2026-11-18T11:06:40.000000005Z","source":"10.0.0.100:40000","group":"239.1.1.1","port":5000,"iface":"e0","ttl":null,"dscp":46,"len_bytes":4,"text":"a\"\u001b\n"}"#
        );
        assert!(
            event(b"\xff\x00").contains(r#""len_bytes":2,"hex":"ff00"}"#),
            "{}",
            event(b"\xff\x00")
        );
    }
}
