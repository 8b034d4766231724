//! The frames on the interface: this host's membership reports, and the datagrams of the group.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::net::wire::What;
use crate::net::{Frame, Frames};
use crate::sys::Towards;
use crate::target::{Filter, Listen};
use crate::units::UnixTime;

/// How long to read frames at a time: in a flood they do not end.
const MAX_TURN: Duration = Duration::from_millis(5);

/// Reads the frames of one group on one interface.
pub struct Wire {
    frames: Frames,
    ifindex: u32,
    group: IpAddr,
    port: u16,
    filter: Arc<Filter>,
}

/// What was seen since a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The first report or leave of this host for the group.
    pub report: Option<UnixTime>,
    /// The last frame of the group.
    pub last: Option<UnixTime>,
    /// The frames of the group.
    pub frames: u64,
}

impl Seen {
    /// From the report to the last frame; zero if none came after it. `None` without a report.
    pub fn report_to_last(&self) -> Option<Duration> {
        let report = self.report?;
        Some(self.last.map_or(Duration::ZERO, |last| last.duration_since(report)))
    }

    fn note(&mut self, kind: Kind, time: UnixTime) {
        match kind {
            Kind::Report => self.report = self.report.or(Some(time)),
            Kind::Data => {
                self.last = self.last.max(Some(time));
                self.frames += 1;
            }
        }
    }
}

/// The frames that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Report,
    Data,
}

impl Wire {
    /// Reads the frames of the group of `listen`.
    pub fn new(frames: Frames, listen: &Listen) -> Self {
        let at = &listen.at;
        frames.accept(at.via.index, at.group);
        Wire {
            frames,
            ifindex: at.via.index,
            group: at.group,
            port: at.port,
            filter: Arc::clone(&listen.filter),
        }
    }

    /// Adds the captured frames of `since` and later to `seen`.
    ///
    /// # Errors
    /// The error of the system.
    pub fn read(&mut self, since: UnixTime, seen: &mut Seen) -> std::io::Result<()> {
        let place = (self.ifindex, self.group, self.port, Arc::clone(&self.filter));
        self.frames.read(Instant::now() + MAX_TURN, |frame| {
            let time = frame.time.unwrap_or_else(UnixTime::now);
            let kind = kind_of(frame, &place);
            if let Some(kind) = kind.filter(|_| time >= since) {
                seen.note(kind, time);
            }
        })?;
        Ok(())
    }
}

fn kind_of(
    frame: &Frame,
    (ifindex, group, port, filter): &(u32, IpAddr, u16, Arc<Filter>),
) -> Option<Kind> {
    if frame.ifindex != *ifindex {
        return None;
    }
    let of_group = frame.packet.destination == *group;
    match (&frame.packet.what, frame.towards) {
        (What::Report { groups, .. }, Towards::Out) => {
            groups.contains(group).then_some(Kind::Report)
        }
        (What::Leave(left), Towards::Out) => (left == group).then_some(Kind::Report),
        (What::Udp { port: to, .. }, Towards::Us | Towards::Other) if of_group => {
            (to == port && filter.admits(frame.packet.source)).then_some(Kind::Data)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::wire::Packet;

    const GROUP: &str = "239.1.1.1";

    fn kind(what: What, towards: Towards, ifindex: u32) -> Option<Kind> {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let packet = Packet {
            source: ip("10.0.0.5"),
            destination: ip(GROUP),
            ttl: 1,
            fragment: false,
            what,
            flaw: None,
        };
        let frame = Frame { time: None, ifindex, towards, vlan: None, len: 60, packet };
        let filter = Arc::new(Filter::Include(vec![ip("10.0.0.5")]));
        kind_of(&frame, &(2, ip(GROUP), 5000, filter))
    }

    #[test]
    fn own_reports_and_received_datagrams_matter() {
        let group: IpAddr = GROUP.parse().unwrap();
        let report = || What::Report { version: 3, groups: vec![group] };
        let udp = |port| What::Udp { source_port: 1, port, len: 9, summed: true };
        assert_eq!(kind(report(), Towards::Out, 2), Some(Kind::Report));
        assert_eq!(kind(What::Leave(group), Towards::Out, 2), Some(Kind::Report));
        assert_eq!(kind(report(), Towards::Us, 2), None, "of another host");
        assert_eq!(kind(udp(5000), Towards::Us, 2), Some(Kind::Data));
        assert_eq!(kind(udp(5000), Towards::Us, 3), None, "on another interface");
        assert_eq!(kind(udp(5001), Towards::Us, 2), None, "at another port");
        assert_eq!(kind(udp(5000), Towards::Out, 2), None, "sent by this host");
    }

    #[test]
    fn a_leave_ends_with_the_last_frame() {
        let at = UnixTime::from_nanos;
        let mut seen = Seen::default();
        seen.note(Kind::Data, at(90));
        assert_eq!(seen.report_to_last(), None, "no leave was seen");
        seen.note(Kind::Report, at(100));
        assert_eq!(seen.report_to_last(), Some(Duration::ZERO));
        seen.note(Kind::Data, at(150));
        seen.note(Kind::Report, at(160));
        assert_eq!(
            seen.report_to_last(),
            Some(Duration::from_nanos(50)),
            "the first report counts"
        );
        assert_eq!(seen.frames, 2);
    }
}
