//! When a file of a recording is full.

use std::time::Duration;

use crate::capture::{Recorded, Writer};
use crate::units::{FileLimit, UnixTime};

/// The limit of each file.
pub struct Limit {
    limit: Option<FileLimit>,
    /// The end of the current file, with a limit on its time.
    until: Option<UnixTime>,
}

impl Limit {
    pub fn new(limit: Option<FileLimit>) -> Self {
        Limit { limit, until: None }
    }

    /// Whether a datagram no longer fits the current file, which has some.
    #[inline]
    pub fn is_reached(&mut self, writer: &Writer, datagram: &Recorded) -> bool {
        match self.limit {
            None => false,
            Some(FileLimit::Size(most)) => writer.size_with(datagram) > most,
            Some(FileLimit::Time(span)) => {
                let first = || after(datagram.time, span, 1);
                let until = *self.until.get_or_insert_with(first);
                if datagram.time < until {
                    return false;
                }
                // Intervals without datagrams have no file.
                let over = datagram.time.duration_since(until).as_nanos() / span.as_nanos().max(1);
                self.until = Some(after(until, span, u64::try_from(over).unwrap_or(0) + 1));
                true
            }
        }
    }
}

fn after(time: UnixTime, span: Duration, times: u64) -> UnixTime {
    let span = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    let times = i64::try_from(times).unwrap_or(i64::MAX);
    UnixTime::from_nanos(time.nanos().saturating_add(span.saturating_mul(times)))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::capture::About;
    use crate::iface::Cast;

    fn at(nanos: i64) -> Recorded<'static> {
        Recorded {
            time: UnixTime::from_nanos(nanos),
            iface: Some("eth0"),
            source: SocketAddr::from(([10, 0, 0, 5], 4000)),
            destination: SocketAddr::from(([239, 1, 1, 1], 5000)),
            cast: Cast::Multicast,
            ttl: None,
            traffic_class: None,
            payload: &[0; 1000],
            outgoing: false,
        }
    }

    #[test]
    fn a_time_limit_counts_from_the_first_datagram() {
        let mut limit = Limit::new(Some(FileLimit::Time(Duration::from_nanos(10))));
        let writer = Writer::new(About::default());
        let full = [100, 109, 110, 119, 145, 149, 90, 150].map(|nanos| {
            let is_full = limit.is_reached(&writer, &at(nanos));
            (nanos, is_full)
        });
        let full: Vec<i64> = full.iter().filter(|(_, full)| *full).map(|(at, _)| *at).collect();
        assert_eq!(full, [110, 145, 150]);
        let mut limit = Limit::new(Some(FileLimit::Time(Duration::MAX)));
        assert!(!limit.is_reached(&writer, &at(i64::MAX - 1)), "no overflow");
    }

    #[test]
    fn a_size_limit_counts_the_end_of_the_file() {
        let mut writer = Writer::new(About::default());
        writer.begin(UnixTime::default());
        writer.add(&at(1));
        let len = writer.size_with(&at(2));
        let is_full = |most| Limit::new(Some(FileLimit::Size(most))).is_reached(&writer, &at(2));
        assert_eq!((is_full(len), is_full(len - 1)), (false, true));
    }
}
