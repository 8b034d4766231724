//! The sessions that SAP announces, which label RTP streams.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::format::sap::Sap;
use crate::format::sdp::{self, Media, Session};

/// The most sessions; a further one replaces the oldest.
const MOST_SESSIONS: usize = 1024;

/// The known sessions.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    sessions: VecDeque<Announced>,
    changes: u64,
}

#[derive(Clone, Debug)]
struct Announced {
    announcer: IpAddr,
    hash: u16,
    session: Session,
}

/// What a session states of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The name of the session as sent, which may contain control characters.
    pub name: Option<String>,
    /// The encoding as sent.
    pub encoding: Option<String>,
    /// The media clock in Hz.
    pub clock_hz: Option<u32>,
    /// The number of audio channels.
    pub channels: Option<u16>,
    /// The timestamp at the epoch of the reference clock.
    pub media_clock_offset: Option<u32>,
}

impl Sessions {
    /// Adds, replaces or deletes the session of an announcement.
    pub fn take(&mut self, sap: &Sap) {
        // A hash of 0 is none.
        let is_same =
            |of: &Announced| sap.hash != 0 && (of.announcer, of.hash) == (sap.announcer, sap.hash);
        // Announcers repeat themselves every few seconds.
        if !sap.deletion && self.sessions.iter().any(is_same) {
            return;
        }
        let session = sap.sdp.and_then(sdp::read);
        let is_repeated = self.sessions.iter().any(|of| Some(&of.session) == session.as_ref());
        if !sap.deletion && (session.is_none() || is_repeated) {
            return;
        }
        let origin = session.as_ref().and_then(|session| session.origin.clone());
        let is_other_version = |of: &Announced| {
            origin.is_some() && of.announcer == sap.announcer && of.session.origin == origin
        };
        let before = self.sessions.len();
        self.sessions.retain(|of| !is_same(of) && !is_other_version(of));
        let has_deleted = self.sessions.len() < before;
        if let Some(session) = session.filter(|_| !sap.deletion) {
            if self.sessions.len() >= MOST_SESSIONS {
                self.sessions.pop_front();
            }
            let Sap { announcer, hash, .. } = *sap;
            self.sessions.push_back(Announced { announcer, hash, session });
        }
        self.changes += u64::from(has_deleted || !sap.deletion);
    }

    /// Rises when the sessions change.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The sessions, the oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Session> {
        self.sessions.iter().map(|of| &of.session)
    }

    /// The newest session with a medium of a group and port that this source may send.
    pub fn find(&self, group: IpAddr, port: u16, source: IpAddr) -> Option<(&Session, &Media)> {
        let may_send = |media: &Media| media.sources.is_empty() || media.sources.contains(&source);
        self.sessions.iter().rev().find_map(|of| {
            let mut media = of.session.media.iter();
            let medium = media.find(|media| media.is_sent_to(group, port) && may_send(media))?;
            Some((&of.session, medium))
        })
    }

    /// What the sessions state of a stream.
    pub fn label(
        &self,
        group: IpAddr,
        port: u16,
        source: IpAddr,
        payload_type: u8,
    ) -> Option<Label> {
        let (session, media) = self.find(group, port, source)?;
        let format = media.format(payload_type);
        Some(Label {
            name: session.name.clone(),
            encoding: format.and_then(|format| format.encoding.clone()),
            clock_hz: format.and_then(|format| format.clock_hz),
            channels: format.and_then(|format| format.channels),
            media_clock_offset: media.media_clock_offset,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn announce(sessions: &mut Sessions, hash: u16, deletion: bool, sdp: &str) {
        let sdp = Some(sdp.as_bytes());
        sessions.take(&Sap { deletion, hash, announcer: SOURCE, sdp });
    }

    fn description(number: u32, name: &str) -> String {
        format!(
            "v=0\no=- {number} 1 IN IP4 10.0.0.1\ns={name}\nc=IN IP4 239.0.0.1/4\n\
             m=audio 5004 RTP/AVP 96\na=rtpmap:96 L24/48000/2\na=mediaclk:direct=5\n"
        )
    }

    fn name(sessions: &Sessions) -> Option<String> {
        sessions.label([239, 0, 0, 1].into(), 5004, SOURCE, 96).and_then(|label| label.name)
    }

    #[test]
    fn a_session_labels_its_stream() {
        let mut sessions = Sessions::default();
        announce(&mut sessions, 1, false, &description(1, "Stage"));
        let expected = Label {
            name: Some("Stage".to_owned()),
            encoding: Some("L24".to_owned()),
            clock_hz: Some(48_000),
            channels: Some(2),
            media_clock_offset: Some(5),
        };
        let label =
            |port, payload_type| sessions.label([239, 0, 0, 1].into(), port, SOURCE, payload_type);
        assert_eq!(label(5004, 96), Some(expected));
        assert_eq!(label(5004, 97).map(|label| label.encoding), Some(None));
        assert_eq!(label(5006, 96), None);
    }

    #[test]
    fn a_new_version_replaces_the_old_one() {
        let mut sessions = Sessions::default();
        announce(&mut sessions, 1, false, &description(1, "a"));
        announce(&mut sessions, 1, false, &description(1, "a"));
        assert_eq!((sessions.changes(), name(&sessions)), (1, Some("a".to_owned())));
        announce(&mut sessions, 2, false, &description(1, "b"));
        assert_eq!((sessions.iter().len(), name(&sessions)), (1, Some("b".to_owned())));
        announce(&mut sessions, 9, true, "");
        announce(&mut sessions, 2, true, "");
        assert_eq!((sessions.changes(), name(&sessions)), (3, None));
        announce(&mut sessions, 0, false, &description(1, "c"));
        announce(&mut sessions, 0, false, &description(1, "c"));
        announce(&mut sessions, 0, false, &description(1, "d"));
        assert_eq!((sessions.changes(), name(&sessions)), (5, Some("d".to_owned())));
        announce(&mut sessions, 0, true, &description(1, "d"));
        assert_eq!(name(&sessions), None);
    }

    #[test]
    fn a_source_filter_excludes_other_senders() {
        let mut sessions = Sessions::default();
        let filter = "a=source-filter: incl IN IP4 239.0.0.1 10.0.0.9\n";
        announce(&mut sessions, 1, false, &(description(1, "a") + filter));
        assert_eq!(name(&sessions), None);
    }

    #[test]
    fn the_sessions_are_bounded() {
        let mut sessions = Sessions::default();
        for number in 0..2000 {
            announce(&mut sessions, number as u16, false, &description(number, "a"));
        }
        assert_eq!(sessions.iter().len(), MOST_SESSIONS);
    }
}
