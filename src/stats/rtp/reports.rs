//! What the sender reports of a stream (RFC 3550, 6.4.1): the datagrams sent, which reveals losses
//! at the end, and the time of a timestamp by the sender's clock.

use super::clock::{MediaClock, ticks_between};
use crate::format::rtcp::SenderReport;
use crate::units::UnixTime;

/// Datagrams that a report counts, but that are still on the way, arrive within this time in ns.
const SETTLED: i64 = 100_000_000;

/// The sender reports of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct SenderReports {
    count: u64,
    /// The last one, and its arrival.
    last: Option<(SenderReport, UnixTime)>,
    /// The datagrams sent, beyond 32 bits.
    sent: u64,
    /// The sequence number of a datagram, less the number of datagrams before it.
    base: Option<i64>,
}

impl SenderReports {
    /// Adds a report that arrived at `time`. `next` is the highest received sequence number plus
    /// one, extended beyond 16 bits; `data` is the last arrival of a datagram.
    pub fn take(&mut self, report: &SenderReport, time: UnixTime, next: u64, data: UnixTime) {
        let before = self.last.map_or(report.packets, |(last, _)| last.packets);
        let increase = ticks_between(before, report.packets);
        if self.count == 0 || increase < 0 {
            // The count began again.
            (self.sent, self.base) = (report.packets.into(), None);
        } else {
            self.sent = self.sent.saturating_add(increase.unsigned_abs());
        }
        self.count += 1;
        self.last = Some((*report, time));
        // A report on another port may be read after datagrams that were sent after it.
        if data <= time {
            let base = i64::try_from(next).unwrap_or(i64::MAX).saturating_sub_unsigned(self.sent);
            // Less than the highest is a loss of the datagrams before the report.
            self.base = self.base.max(Some(base));
        }
    }

    /// Adds a report that arrived before the datagram `first` of the stream. If the sender had sent
    /// nothing, further datagrams before `first` are lost.
    pub fn take_early(&mut self, report: &SenderReport, time: UnixTime, first: u64) {
        self.take(report, time, 0, UnixTime::from_nanos(i64::MAX));
        if report.packets == 0 {
            self.base = i64::try_from(first).ok();
        }
    }

    /// The number of reports.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The datagrams sent since the sender's start, by the last report.
    pub fn sent(&self) -> Option<u64> {
        self.last.map(|_| self.sent)
    }

    /// The sequence number behind the last datagram that the sender has reported, extended like
    /// `next`. `None` without a report, and while counted datagrams may still be on the way: until
    /// `now` is a tenth of a second later, or the stream has `ended`.
    pub fn announced(&self, now: UnixTime, ended: bool) -> Option<u64> {
        let (_, time) = self.last?;
        let is_settled = ended || now.since(time) >= SETTLED;
        let next = self.base?.saturating_add_unsigned(self.sent);
        u64::try_from(next).ok().filter(|_| is_settled)
    }

    /// The sampling time of a timestamp by the sender's clock.
    pub fn sampled_at(&self, timestamp: u32, clock: MediaClock) -> Option<UnixTime> {
        let (report, _) = self.last?;
        let since = clock.nanos(ticks_between(report.rtp_timestamp, timestamp));
        Some(UnixTime::from_nanos(report.time?.nanos().saturating_add(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> UnixTime {
        UnixTime::from_nanos(millis * 1_000_000)
    }

    fn report(packets: u32) -> SenderReport {
        SenderReport { ssrc: 1, time: Some(at(5_000)), rtp_timestamp: 100, packets, octets: 0 }
    }

    #[test]
    fn a_report_reveals_losses_at_the_end() {
        let mut reports = SenderReports::default();
        assert_eq!(reports.announced(at(0), true), None);
        reports.take(&report(100), at(1000), 5_100, at(990));
        assert_eq!(reports.announced(at(1100), false), Some(5_100));
        // Of 50 more, 10 arrived.
        reports.take(&report(150), at(2000), 5_110, at(1100));
        assert_eq!(reports.announced(at(2050), false), None, "some may be on the way");
        assert_eq!(reports.announced(at(2050), true), Some(5_150));
        assert_eq!(reports.announced(at(2100), false), Some(5_150));
        assert_eq!((reports.count(), reports.sent()), (2, Some(150)));
    }

    #[test]
    fn losses_before_the_first_report_do_not_shift_it() {
        let mut reports = SenderReports::default();
        // Five datagrams before the first report are lost.
        reports.take(&report(100), at(1000), 5_095, at(990));
        reports.take(&report(200), at(2000), 5_200, at(1990));
        assert_eq!(reports.announced(at(3000), false), Some(5_200));
    }

    #[test]
    fn a_report_that_is_read_late_does_not_count_later_datagrams() {
        let mut reports = SenderReports::default();
        reports.take(&report(100), at(1000), 5_120, at(1010));
        assert_eq!(reports.announced(at(3000), true), None);
        reports.take(&report(200), at(2000), 5_200, at(1990));
        assert_eq!(reports.announced(at(3000), true), Some(5_200));
    }

    #[test]
    fn the_count_wraps_and_begins_again() {
        let mut reports = SenderReports::default();
        reports.take(&report(u32::MAX - 9), at(1000), 100, at(990));
        reports.take(&report(10), at(2000), 120, at(1990));
        assert_eq!(reports.sent(), Some((1 << 32) + 10));
        assert_eq!(reports.announced(at(3000), false), Some(120));
        let mut reports = SenderReports::default();
        reports.take(&report(1000), at(1000), 2000, at(990));
        reports.take(&report(50), at(2000), 2100, at(1990));
        assert_eq!((reports.sent(), reports.announced(at(3000), false)), (Some(50), Some(2100)));
    }

    #[test]
    fn an_early_report_counts_from_the_start() {
        let mut reports = SenderReports::default();
        reports.take_early(&report(0), at(0), 5_000);
        reports.take(&report(100), at(2000), 5_095, at(1990));
        assert_eq!(reports.announced(at(3000), false), Some(5_100));
        let mut reports = SenderReports::default();
        reports.take_early(&report(70), at(0), 5_000);
        assert_eq!((reports.sent(), reports.announced(at(3000), true)), (Some(70), None));
    }

    #[test]
    fn a_report_dates_timestamps() {
        let clock = MediaClock::new(1000).unwrap();
        let mut reports = SenderReports::default();
        assert_eq!(reports.sampled_at(0, clock), None);
        reports.take(&report(1), at(0), 1, at(0));
        assert_eq!(reports.sampled_at(350, clock), Some(at(5_250)));
        assert_eq!(reports.sampled_at(50, clock), Some(at(4_950)));
    }
}
