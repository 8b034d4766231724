//! The size of a receive buffer: a number of bytes, or the datagrams that arrive during a pause of
//! the reader.
//!
//! Linux charges a socket for all the memory of a datagram ([`truesize`]): thirteen times the
//! payload at 64 bytes. It doubles `SO_RCVBUF` (socket(7)), which therefore takes half of the
//! charge.

use std::fmt;
use std::time::Duration;

use super::Rate;

/// The largest `SO_RCVBUF` in bytes: the kernel doubles it, in a signed 32-bit number.
pub const LARGEST: usize = (1 << 30) - 1;

/// The payload assumed for a bit rate: seven packets of an MPEG transport stream, as in IPTV.
pub const USUAL_PAYLOAD: usize = 7 * 188;

/// The payload assumed for a packet rate: the largest that fits an Ethernet frame.
pub const FULL_PAYLOAD: usize = 1500 - 20 - 8;

/// The requested receive buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RcvbufRequest {
    /// The value of `SO_RCVBUF`.
    Bytes(usize),
    /// Enough for the datagrams that arrive during a pause.
    Pause {
        /// A bit rate counts payload only.
        rate: Rate,
        /// The longest time without a read.
        pause: Duration,
        /// The payload of each datagram in bytes.
        payload: usize,
    },
}

impl RcvbufRequest {
    /// `SO_RCVBUF` for this request on this system; at most [`LARGEST`].
    pub fn bytes(self) -> usize {
        usize::try_from(self.needs()).map_or(LARGEST, |bytes| bytes.min(LARGEST))
    }

    /// The same without the maximum.
    pub fn needs(self) -> u64 {
        let (rate, pause, payload) = match self {
            RcvbufRequest::Bytes(bytes) => return bytes as u64,
            RcvbufRequest::Pause { rate, pause, payload } => (rate, pause, payload),
        };
        // Whole nanoseconds avoid a rounding error: 10 kpps for 50 ms are 500 datagrams.
        let datagrams = per_second(rate, payload) * pause.as_nanos() as f64 / 1e9;
        (datagrams.ceil().max(1.0) as u64).saturating_mul(cost(payload)).div_ceil(FACTOR)
    }

    /// The longest pause for a buffer of `granted` bytes, rounded down to three digits.
    pub fn lasts(self, granted: usize) -> Option<Duration> {
        let RcvbufRequest::Pause { rate, payload, .. } = self else { return None };
        let datagrams = (granted as u64).saturating_mul(FACTOR) / cost(payload);
        let nanos = (datagrams as f64 * 1e9 / per_second(rate, payload)) as u64;
        let digit = 10_u64.pow(nanos.checked_ilog10().unwrap_or(0).saturating_sub(2));
        Some(Duration::from_nanos(nanos - nanos % digit))
    }

    /// The request that a buffer of `granted` bytes fulfils.
    pub fn granted(self, granted: usize) -> Self {
        match (self, self.lasts(granted)) {
            (RcvbufRequest::Pause { rate, payload, .. }, Some(pause)) if granted < self.bytes() => {
                RcvbufRequest::Pause { rate, pause, payload }
            }
            (request, _) => request,
        }
    }
}

impl fmt::Display for RcvbufRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            RcvbufRequest::Bytes(bytes) => write!(f, "{bytes} bytes"),
            RcvbufRequest::Pause { rate, pause, payload } => {
                let (pause, plural) = (format_duration(pause), if payload == 1 { "" } else { "s" });
                write!(f, "{pause} of {rate:#} in datagrams of {payload} byte{plural}")
            }
        }
    }
}

/// `250 us`, `19.4 ms`, `1.5 s`: at most three decimals.
pub fn format_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos() as f64;
    let units = [(1e9, "s"), (1e6, "ms")];
    let (unit, name) = units.into_iter().find(|(unit, _)| nanos >= *unit).unwrap_or((1e3, "us"));
    format!("{} {name}", (nanos / unit * 1e3).round() / 1e3)
}

fn per_second(rate: Rate, payload: usize) -> f64 {
    match rate {
        Rate::Packets(packets) => packets,
        Rate::Bits(bits) => bits / (8 * payload) as f64,
    }
}

/// Linux doubles `SO_RCVBUF`.
const FACTOR: u64 = if cfg!(target_os = "linux") { 2 } else { 1 };

/// The bytes of the buffer for one datagram. Other systems limit the overhead separately.
fn cost(payload: usize) -> u64 {
    (if cfg!(target_os = "linux") { truesize(payload) } else { payload.max(1) }) as u64
}

/// The bytes of the doubled buffer that Linux charges for a datagram, measured on veth and `lo` (a
/// lab test repeats it). Many drivers of network cards charge 2 KiB or a page for a small frame.
///
/// | payload | 0-113 | 512 | 1316 | 1472 | 2000 | 8972 | 65507 |
/// |---|---|---|---|---|---|---|---|
/// | truesize | 960 | 1280 | 2304 | 2304 | 4352 | 16640 | 120832 |
pub fn truesize(payload: usize) -> usize {
    /// The longest unfragmented datagram without its IPv4 header, and the payload of a fragment
    /// (RFC 791, 3.1; smaller in IPv6), for frames of 1500 and 9000 bytes.
    const FRAMES: [(usize, usize); 4] = [(1480, 1480), (1480, 1448), (8980, 8976), (8980, 8944)];
    let datagram = payload + UDP_HEADER;
    let in_fragments = |(_, fragment): (usize, usize)| {
        let rest = datagram % fragment;
        let last = if rest == 0 { 0 } else { frame(rest.saturating_sub(UDP_HEADER)) };
        datagram / fragment * frame(fragment - UDP_HEADER) + last
    };
    // The frame size is unknown: the most expensive one counts.
    let fragmented = FRAMES.into_iter().filter(|(whole, _)| datagram > *whole).map(in_fragments);
    fragmented.fold(frame(payload), usize::max)
}

/// RFC 768.
const UDP_HEADER: usize = 8;

/// The cost of a datagram in one frame: `struct sk_buff`, and one allocation for the headers of the
/// link, IPv6 and UDP, alignment, the payload and `struct skb_shared_info`.
fn frame(payload: usize) -> usize {
    let allocation = match 16 + 40 + UDP_HEADER + 15 + payload + 320 {
        // The smallest one is 512 in Linux 6.1. Since 6.2 it depends on the configuration: 704 in
        // Debian's 6.12. The largest counts.
        ..=512 => 704,
        needed @ ..=16_384 => needed.next_power_of_two().max(1024),
        // Larger payloads are in pages, charged by the bytes used.
        _ => payload + 576,
    };
    256 + allocation
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pause(rate: Rate, millis: u64, payload: usize) -> RcvbufRequest {
        RcvbufRequest::Pause { rate, pause: Duration::from_millis(millis), payload }
    }

    #[test]
    fn a_datagram_costs_as_measured() {
        for (payload, cost) in [
            (0, 960),
            (64, 960),
            (113, 960),
            (128, 1280),
            (200, 1280),
            (512, 1280),
            (1000, 2304),
            (1316, 2304),
            (1472, 2304),
            (2000, 4352),
            (4000, 8448),
            (8972, 16640),
            (65_507, 120_832),
        ] {
            assert_eq!(truesize(payload), cost, "{payload}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_pause_takes_half_the_memory_of_its_datagrams() {
        assert_eq!(pause(Rate::Packets(10e3), 50, 64).bytes(), 500 * 960 / 2);
        assert_eq!(pause(Rate::Packets(10e3), 50, FULL_PAYLOAD).bytes(), 500 * 2304 / 2);
        assert_eq!(
            pause(Rate::Bits(100e6), 50, USUAL_PAYLOAD).bytes(),
            475 * 2304 / 2,
            "474.9 datagrams are 475"
        );
        assert_eq!(RcvbufRequest::Bytes(4 << 20).bytes(), 4 << 20);
    }

    #[test]
    #[cfg(not(target_os = "linux"))]
    fn a_pause_takes_the_payload_of_its_datagrams() {
        assert_eq!(pause(Rate::Packets(10e3), 50, 64).bytes(), 500 * 64);
        assert_eq!(pause(Rate::Bits(100e6), 50, USUAL_PAYLOAD).bytes(), 475 * 1316);
    }

    #[test]
    fn a_buffer_holds_at_least_one_datagram() {
        assert_eq!(pause(Rate::Packets(0.5), 1, 64).needs(), cost(64) / FACTOR);
    }

    #[test]
    fn an_excessive_request_is_limited_and_shows_its_size() {
        let request = pause(Rate::Bits(10e9), 5000, USUAL_PAYLOAD);
        assert_eq!(request.bytes(), LARGEST);
        assert!(request.needs() > 5_000_000_000, "{}", request.needs());
        assert_eq!(pause(Rate::Packets(1e300), 5000, 1472).bytes(), LARGEST);
    }

    #[test]
    fn a_smaller_buffer_lasts_a_shorter_pause() {
        let request = pause(Rate::Packets(10e3), 50, 64);
        assert_eq!(request.lasts(request.bytes()), Some(Duration::from_millis(50)));
        assert_eq!(request.lasts(request.bytes() / 2), Some(Duration::from_millis(25)));
        assert_eq!(request.lasts(0), Some(Duration::ZERO));
        assert_eq!(request.granted(request.bytes() / 2), pause(Rate::Packets(10e3), 25, 64));
        assert_eq!(
            request.granted(2 * request.bytes()),
            request,
            "more than was asked for is not spoken of"
        );
        assert_eq!(RcvbufRequest::Bytes(1000).lasts(1000), None);
    }

    #[test]
    fn a_request_shows_its_rate_pause_and_payload() {
        assert_eq!(
            pause(Rate::Bits(100e6), 50, 1316).to_string(),
            "50 ms of 100 Mbit/s in datagrams of 1316 bytes"
        );
        assert_eq!(
            pause(Rate::Packets(10e3), 1500, 1).to_string(),
            "1.5 s of 10 kpps in datagrams of 1 byte"
        );
        assert_eq!(format_duration(Duration::from_micros(250)), "250 us");
        assert_eq!(format_duration(Duration::from_micros(19_400)), "19.4 ms");
    }

    proptest! {
        #[test]
        fn a_larger_datagram_in_one_frame_never_costs_less(payload in 0_usize..1472) {
            prop_assert!(truesize(payload) <= truesize(payload + 1));
            prop_assert!(truesize(payload) > payload);
        }

        #[test]
        fn the_requested_buffer_lasts_the_pause(
            packets in 1.0..1e6_f64,
            micros in 1_u64..1_000_000,
            payload in 0_usize..9000,
        ) {
            let pause = Duration::from_micros(micros);
            let request = RcvbufRequest::Pause { rate: Rate::Packets(packets), pause, payload };
            prop_assume!(request.needs() <= LARGEST as u64);
            // `lasts` rounds down to three digits.
            prop_assert!(request.lasts(request.bytes()).unwrap() >= pause.mul_f64(0.98));
        }
    }
}
