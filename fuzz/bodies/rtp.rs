//! Arbitrary bytes as RTP, RTCP, and announcements of sessions (SAP with SDP). Nothing panics, and
//! what is kept is limited.

use mcast::format::{rtcp, rtp, sap, sdp};

/// Reads the bytes in each format.
///
/// # Panics
/// If something that is read contradicts the bytes.
pub fn run(bytes: &[u8]) {
    media(bytes);
    reports(bytes);
    if let Some(sap) = sap::read(bytes) {
        let sdp = sap.sdp.unwrap_or_default();
        assert!(sdp.len() + 8 <= bytes.len(), "{sap:?}");
        session(sdp);
    }
    session(bytes);
}

fn media(bytes: &[u8]) {
    let Some(read) = rtp::read(bytes) else { return };
    assert!(read.payload.len() + rtp::MIN_LEN <= bytes.len(), "{read:?}");
    assert!(read.payload_type < 128 && !(64..96).contains(&read.payload_type), "{read:?}");
    assert_eq!(rtcp::read(bytes).map(|rtcp| rtcp.ssrc()), None, "it is RTP and RTCP");
    let known = rtp::static_type(read.payload_type);
    assert!(known.is_none_or(|known| known.clock_hz > 0 && read.payload_type < 96));
}

fn reports(bytes: &[u8]) {
    let Some(rtcp) = rtcp::read(bytes) else { return };
    assert_eq!(bytes.len() % 4, 0);
    // An empty packet has 4 bytes, a report 28, and a goodbye 4 for each stream.
    assert!(rtcp.sender_reports().count() <= bytes.len() / 28);
    assert!(rtcp.byes().count() < bytes.len() / 4);
}

fn session(text: &[u8]) {
    let Some(session) = sdp::read(text) else { return };
    let is_short = |text: &Option<String>| {
        text.as_ref().is_none_or(|text| text.chars().count() <= sdp::LONGEST)
    };
    assert!(is_short(&session.name) && session.media.len() <= sdp::MOST_MEDIA, "{session:?}");
    for media in &session.media {
        assert!(media.formats.len() <= sdp::MOST_FORMATS, "{media:?}");
        for format in &media.formats {
            assert!(is_short(&format.encoding) && format.payload_type < 128, "{format:?}");
            assert!(media.format(format.payload_type).is_some(), "{format:?}");
        }
        for connection in &media.connections {
            assert!(connection.holds(connection.address), "{connection:?}");
        }
    }
}
