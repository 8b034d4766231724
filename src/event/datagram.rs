//! A received or a sent datagram.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::json::rfc3339;
use super::measured;
use crate::target::Zoned;
use crate::units::hex::Hex;

/// A received datagram.
#[derive(Debug, Serialize)]
pub struct ReceivedDatagram<'a> {
    /// When the kernel received it.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// The sender's address.
    pub source: Zoned<SocketAddr, &'a str>,
    /// The group, or the unicast address.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface that it arrived on.
    pub iface: Option<&'a str>,
    /// The remaining TTL or hop limit.
    pub ttl: Option<u8>,
    /// The DSCP.
    pub dscp: Option<u8>,
    /// The ECN codepoint, which JSON does not show.
    #[serde(skip)]
    pub ecn: Option<u8>,
    /// The length of the payload.
    pub len_bytes: usize,
    /// The header of a probe.
    #[serde(flatten)]
    pub probe: Option<ProbeInfo>,
    /// The payload: `text` if it is UTF-8, else `hex`.
    #[serde(flatten)]
    pub payload: Payload<'a>,
}

/// The header of a probe, or of a datagram in another format.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum ProbeInfo {
    /// A received probe of a stream.
    Whole {
        /// The stream id, in hex.
        #[serde(serialize_with = "measured::hex")]
        stream: u64,
        /// The sequence number.
        seq: u64,
        /// The delay from the sender to the receiver's kernel; `null` unless the clocks are known
        /// to agree.
        delay_ns: Option<i64>,
    },
    /// A sent probe.
    Sent {
        /// The stream id, in hex.
        #[serde(serialize_with = "measured::hex")]
        stream: u64,
        /// The sequence number.
        seq: u64,
    },
    /// A datagram of another sender.
    Foreign {
        /// The format.
        format: &'static str,
        /// The number as its sender counts; of several, the first. `null` if it has none.
        seq: Option<u64>,
        /// The delay from the sender to the receiver's kernel; `null` unless it states its time and
        /// the clocks are known to agree.
        delay_ns: Option<i64>,
    },
    /// A datagram that does not fit the format that the user named.
    Misfit {
        /// The format.
        format: &'static str,
        /// `corrupt`.
        damage: &'static str,
    },
    /// A probe that is not valid.
    Damaged {
        /// `corrupt`, `truncated` or `unsupported`.
        damage: &'static str,
    },
}

/// The payload of a datagram.
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

/// A sent datagram.
#[derive(Debug, Serialize)]
pub struct SentDatagram<'a> {
    /// When it was sent.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// The group.
    pub group: IpAddr,
    /// The UDP port.
    pub port: u16,
    /// The interface that it left on.
    pub iface: &'a str,
    /// The length of the payload.
    pub len_bytes: usize,
    /// The header of a probe.
    #[serde(flatten)]
    pub probe: Option<ProbeInfo>,
    /// The payload, which JSON does not show.
    #[serde(skip)]
    pub payload: Payload<'a>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::Event;

    #[test]
    fn a_payload_is_hex_unless_it_is_utf_8() {
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
