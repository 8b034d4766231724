//! How large a receive buffer is wanted: a number of bytes, or room for what arrives while nobody
//! reads.
//!
//! A buffer is there for the pauses of its reader, so that it is natural to say how long they are:
//! `100Mbit*50ms`. The bytes of the payload are not what such a pause takes. Linux charges a socket
//! for all the memory that a datagram occupies ([`truesize`]), thirteen times the payload at
//! 64 bytes; `SO_RCVBUF` takes half of that, because the kernel doubles what is set (socket(7)).

use std::fmt;
use std::time::Duration;

use super::Rate;

/// The largest buffer that a socket can have, in bytes: the kernel doubles it, and counts to 2 GiB
/// less a byte.
pub const LARGEST: usize = (1 << 30) - 1;

/// The payload that a bit rate is taken to come in: seven packets of an MPEG transport stream, the
/// usual datagram of IPTV.
pub const USUAL_PAYLOAD: usize = 7 * 188;

/// The payload that a rate of datagrams is taken to come in: the most that an Ethernet frame holds,
/// which is enough for all that is smaller.
pub const FULL_PAYLOAD: usize = 1500 - 20 - 8;

/// What is wanted of a receive buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// So many bytes, as `SO_RCVBUF` takes them.
    Bytes(usize),
    /// Room for what arrives while nobody reads.
    Pause {
        /// What arrives meanwhile. Of a bit rate the payload is counted.
        rate: Rate,
        /// The longest time without a read.
        pause: Duration,
        /// The payload of each datagram in bytes.
        payload: usize,
    },
}

impl Wish {
    /// What `SO_RCVBUF` is to be set to on this system; at most [`LARGEST`].
    pub fn bytes(self) -> usize {
        usize::try_from(self.needs()).map_or(LARGEST, |bytes| bytes.min(LARGEST))
    }

    /// The same without a limit, so that it can be said by how much a wish is too large.
    pub fn needs(self) -> u64 {
        match self {
            Wish::Bytes(bytes) => bytes as u64,
            Wish::Pause { rate, pause, payload } => {
                // In nanoseconds, which are whole: ten thousand a second for 50 ms are 500, and not
                // a rounding error more.
                let datagrams =
                    (each_second(rate, payload) * pause.as_nanos() as f64 / 1e9).ceil().max(1.0);
                // A float that is too large becomes the largest integer.
                (datagrams as u64).saturating_mul(cost(payload) as u64).div_ceil(FACTOR as u64)
            }
        }
    }

    /// How long a pause a buffer of `granted` bytes lasts, rounded down to three digits; `None`
    /// where no pause was spoken of.
    pub fn lasts(self, granted: usize) -> Option<Duration> {
        let Wish::Pause { rate, payload, .. } = self else { return None };
        let datagrams = granted.saturating_mul(FACTOR) / cost(payload);
        let nanos = (datagrams as f64 * 1e9 / each_second(rate, payload)) as u64;
        let digit = 10_u64.pow(nanos.checked_ilog10().unwrap_or(0).saturating_sub(2));
        Some(Duration::from_nanos(nanos - nanos % digit))
    }

    /// The same wish, as far as a buffer of `granted` bytes fulfils it.
    pub fn granted(self, granted: usize) -> Self {
        match (self, self.lasts(granted)) {
            (Wish::Pause { rate, payload, .. }, Some(lasts)) if granted < self.bytes() => {
                Wish::Pause { rate, pause: lasts, payload }
            }
            (wish, _) => wish,
        }
    }
}

impl fmt::Display for Wish {
    /// In words: `50 ms of 100 Mbit/s in datagrams of 1316 bytes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wish::Bytes(bytes) => write!(f, "{bytes} bytes"),
            Wish::Pause { rate, pause, payload } => {
                let plural = if *payload == 1 { "" } else { "s" };
                write!(f, "{} of {rate:#} in datagrams of {payload} byte{plural}", in_words(*pause))
            }
        }
    }
}

/// A pause, in the unit that fits: `50 ms`, `1.5 s`.
pub fn in_words(pause: Duration) -> impl fmt::Display {
    let nanos = pause.as_nanos();
    let (unit, name) = [(1_000_000_000, "s"), (1_000_000, "ms")]
        .into_iter()
        .find(|(unit, _)| nanos >= *unit)
        .unwrap_or((1000, "us"));
    let number = format!("{:.3}", nanos as f64 / unit as f64);
    format!("{} {name}", number.trim_end_matches('0').trim_end_matches('.'))
}

/// How many datagrams arrive in a second.
fn each_second(rate: Rate, payload: usize) -> f64 {
    match rate {
        Rate::Packets(packets) => packets,
        Rate::Bits(bits) => bits / (8 * payload.max(1)) as f64,
    }
}

/// How much more than what is set a socket has: Linux doubles it.
const FACTOR: usize = if cfg!(target_os = "linux") { 2 } else { 1 };

/// What a datagram takes of the buffer. What other systems charge besides the payload is bounded by
/// a limit of its own, and not known here.
fn cost(payload: usize) -> usize {
    if cfg!(target_os = "linux") { truesize(payload) } else { payload.max(1) }
}

/// What a datagram costs a socket of Linux, in bytes of its doubled buffer, from the payload.
///
/// It is what the kernel allocates: 256 bytes that describe a frame, and one piece of memory for
/// its headers, its payload and 320 bytes more, whose size is a power of two. A datagram that is
/// longer than an Ethernet frame arrives in fragments, each at that price, or whole where frames
/// are larger: the dearest counts.
///
/// | payload | 0-128 | 512 | 1316 | 1472 | 2000 | 8972 | 65507 |
/// |---|---|---|---|---|---|---|---|
/// | truesize | 832 | 1280 | 2304 | 2304 | 4352 | 16640 | 120832 |
///
/// So it was measured on veth and `lo`; a lab test does it again. Drivers of network cards may do
/// it otherwise: many spend 2 KiB or a page on a frame however small.
pub fn truesize(payload: usize) -> usize {
    /// The datagrams, without the header of IPv4, that a frame of 1500 or 9000 bytes holds whole,
    /// and what it holds of a longer one: in multiples of eight (RFC 791, 3.1), and in IPv6
    /// less. The few bytes that only IPv6 has over are copied into the room behind the first
    /// fragment: no cost.
    const FRAMES: [(usize, usize); 4] = [(1480, 1480), (1480, 1448), (8980, 8976), (8980, 8944)];
    let datagram = payload + UDP_HEADER;
    let in_fragments = |(_, fragment): (usize, usize)| {
        let rest = datagram % fragment;
        let last = if rest == 0 { 0 } else { frame(rest.saturating_sub(UDP_HEADER)) };
        datagram / fragment * frame(fragment - UDP_HEADER) + last
    };
    let fragmented = FRAMES.into_iter().filter(|(whole, _)| datagram > *whole).map(in_fragments);
    fragmented.fold(frame(payload), usize::max)
}

/// RFC 768.
const UDP_HEADER: usize = 8;

/// What a datagram costs that arrives in one frame.
fn frame(payload: usize) -> usize {
    /// `struct sk_buff`.
    const DESCRIPTION: usize = 256;
    /// `struct skb_shared_info`, behind the payload.
    const SHARED_INFO: usize = 320;
    /// Room for the link's header, those of IPv6 and UDP, and what alignment takes.
    const HEADERS: usize = 16 + 40 + UDP_HEADER + 15;
    /// The payload for which the kernel's smallest piece is enough: of IPv4 with older kernels too,
    /// whose piece is 512.
    const SMALL: usize = 128;
    /// The size of that piece, measured with Linux 6.18.
    const SMALL_PIECE: usize = 576;
    /// Above this the payload is in pages, of which only what is used is charged.
    const LARGEST_PIECE: usize = 16 * 1024;
    let piece = payload + HEADERS + SHARED_INFO;
    DESCRIPTION
        + match piece {
            _ if payload <= SMALL => SMALL_PIECE,
            ..=LARGEST_PIECE => piece.next_power_of_two().max(1024),
            _ => payload + SMALL_PIECE,
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pause(rate: Rate, millis: u64, payload: usize) -> Wish {
        Wish::Pause { rate, pause: Duration::from_millis(millis), payload }
    }

    #[test]
    fn a_datagram_costs_what_was_measured() {
        for (payload, cost) in [
            (0, 832),
            (64, 832),
            (128, 832),
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
    fn a_pause_takes_the_memory_of_its_datagrams_halved_because_the_kernel_doubles_it() {
        assert_eq!(pause(Rate::Packets(10e3), 50, 64).bytes(), 500 * 832 / 2);
        assert_eq!(pause(Rate::Packets(10e3), 50, FULL_PAYLOAD).bytes(), 500 * 2304 / 2);
        assert_eq!(
            pause(Rate::Bits(100e6), 50, USUAL_PAYLOAD).bytes(),
            475 * 2304 / 2,
            "474.9 datagrams are 475"
        );
        assert_eq!(Wish::Bytes(4 << 20).bytes(), 4 << 20);
    }

    #[test]
    #[cfg(not(target_os = "linux"))]
    fn a_pause_takes_its_payload() {
        assert_eq!(pause(Rate::Packets(10e3), 50, 64).bytes(), 500 * 64);
        assert_eq!(pause(Rate::Bits(100e6), 50, USUAL_PAYLOAD).bytes(), 475 * 1316);
    }

    #[test]
    fn what_is_rarer_than_the_pause_still_comes_once() {
        assert_eq!(pause(Rate::Packets(0.5), 1, 64).needs(), (cost(64) / FACTOR) as u64);
    }

    #[test]
    fn a_wish_that_no_socket_can_fulfil_is_cut_and_its_size_can_be_told() {
        let wish = pause(Rate::Bits(10e9), 5000, USUAL_PAYLOAD);
        assert_eq!(wish.bytes(), LARGEST);
        assert!(wish.needs() > 5_000_000_000, "{}", wish.needs());
        assert_eq!(pause(Rate::Packets(1e300), 5000, 1472).bytes(), LARGEST);
    }

    #[test]
    fn a_smaller_buffer_lasts_a_shorter_pause() {
        let wish = pause(Rate::Packets(10e3), 50, 64);
        assert_eq!(wish.lasts(wish.bytes()), Some(Duration::from_millis(50)));
        assert_eq!(wish.lasts(wish.bytes() / 2), Some(Duration::from_millis(25)));
        assert_eq!(wish.lasts(0), Some(Duration::ZERO));
        assert_eq!(wish.granted(wish.bytes() / 2), pause(Rate::Packets(10e3), 25, 64));
        assert_eq!(
            wish.granted(2 * wish.bytes()),
            wish,
            "more than was asked for is not spoken of"
        );
        assert_eq!(Wish::Bytes(1000).lasts(1000), None);
    }

    #[test]
    fn the_words_for_a_wish_say_what_it_was_made_of() {
        assert_eq!(
            pause(Rate::Bits(100e6), 50, 1316).to_string(),
            "50 ms of 100 Mbit/s in datagrams of 1316 bytes"
        );
        assert_eq!(
            pause(Rate::Packets(10e3), 1500, 1).to_string(),
            "1.5 s of 10 kpps in datagrams of 1 byte"
        );
        assert_eq!(in_words(Duration::from_micros(250)).to_string(), "250 us");
        assert_eq!(in_words(Duration::from_micros(19_400)).to_string(), "19.4 ms");
    }

    proptest! {
        #[test]
        fn a_larger_datagram_of_one_frame_never_costs_less(payload in 0_usize..1472) {
            prop_assert!(truesize(payload) <= truesize(payload + 1));
            prop_assert!(truesize(payload) > payload);
        }

        #[test]
        fn the_buffer_that_is_asked_for_lasts_the_pause(packets in 1.0..1e6_f64, micros in 1_u64..1_000_000, payload in 0_usize..9000) {
            let pause = Duration::from_micros(micros);
            let wish = Wish::Pause { rate: Rate::Packets(packets), pause, payload };
            prop_assume!(wish.needs() <= LARGEST as u64);
            // Three digits are told.
            prop_assert!(wish.lasts(wish.bytes()).unwrap() >= pause.mul_f64(0.98));
        }
    }
}
