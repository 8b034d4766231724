use proptest::prelude::*;

use super::*;

const NANOS: i64 = 1_000_000_000;

fn at(nanos: i64) -> UnixTime {
    UnixTime::from_nanos(1_700_000_000 * NANOS + nanos)
}

fn rtp(payload_type: u8, sequence: u16, timestamp: u32) -> Rtp<'static> {
    Rtp { marker: false, payload_type, sequence, timestamp, ssrc: 7, payload: &[] }
}

/// RFC 3550, 6.4.1, as it stands there: over (arrival in ns, timestamp), in units of the clock.
fn reference(arrivals: &[(i64, u32)], hz: f64) -> f64 {
    let transit =
        |(nanos, timestamp): &(i64, u32)| *nanos as f64 * hz / 1e9 - f64::from(*timestamp);
    let jitter = arrivals.windows(2).fold(0.0, |jitter, pair| {
        let difference: f64 = transit(&pair[1]) - transit(&pair[0]);
        jitter + (difference.abs() - jitter) / 16.0
    });
    jitter * 1e9 / hz
}

/// The arrivals of audio with 1 ms in a datagram, each late by a different part of it.
fn audio(count: u32, start: u32) -> Vec<(i64, u32)> {
    let late = |index: u32| i64::from(index.wrapping_mul(2_654_435_761) >> 12) % 300_000;
    let arrival = |index| (i64::from(index) * 1_000_000 + late(index), start + index * 48);
    (0..count).map(arrival).collect()
}

fn take_all(meter: &mut RtpMeter, payload_type: u8, arrivals: &[(i64, u32)]) {
    for (index, (nanos, timestamp)) in arrivals.iter().enumerate() {
        meter.take(&rtp(payload_type, index as u16, *timestamp), at(*nanos), Order::InOrder);
    }
}

fn is_near(value: Option<f64>, expected: f64, part: f64) -> bool {
    value.is_some_and(|value| (value - expected).abs() <= expected * part)
}

#[test]
fn jitter_of_a_known_clock_is_that_of_the_rfc() {
    let arrivals = audio(500, 1000);
    let mut meter = RtpMeter::new(97);
    meter.set_clock(48_000, ClockOrigin::Option);
    take_all(&mut meter, 97, &arrivals);
    let expected = reference(&arrivals, 48_000.0);
    assert!(expected > 50_000.0);
    assert!(is_near(meter.jitter(), expected, 1e-4), "{:?} and {expected}", meter.jitter());
    assert_eq!(meter.packet_time(), Some(1_000_000));
    assert_eq!(meter.bytes(), 0, "a known clock keeps no arrivals");
}

#[test]
fn an_estimated_clock_has_the_same_jitter() {
    let arrivals = audio(1500, 1000);
    let mut meter = RtpMeter::new(97);
    take_all(&mut meter, 97, &arrivals[..900]);
    assert_eq!((meter.clock(), meter.jitter(), meter.ts_df()), (None, None, None));
    take_all(&mut meter, 97, &arrivals[900..]);
    let clock = meter.clock().map(|(clock, origin)| (clock.hz(), origin.name()));
    assert_eq!(clock, Some((48_000, "estimated")));
    assert!(is_near(meter.jitter(), reference(&arrivals, 48_000.0), 2e-3));
    assert!(meter.ts_df().is_some_and(|factor| (290_000..330_000).contains(&factor.worst)));
    assert!(meter.bytes() < 4096);
}

#[test]
fn the_kept_arrivals_count_when_the_clock_becomes_known() {
    let arrivals = audio(100, 0);
    let mut meter = RtpMeter::new(97);
    take_all(&mut meter, 97, &arrivals);
    meter.set_clock(48_000, ClockOrigin::Sap);
    assert!(is_near(meter.jitter(), reference(&arrivals, 48_000.0), 1e-4));
}

#[test]
fn the_stronger_origin_sets_the_clock() {
    let mut meter = RtpMeter::new(33);
    let clock = |meter: &RtpMeter| meter.clock().map(|(clock, origin)| (clock.hz(), origin));
    assert_eq!(clock(&meter), Some((90_000, ClockOrigin::PayloadType)));
    meter.set_clock(48_000, ClockOrigin::Estimated);
    assert_eq!(clock(&meter), Some((90_000, ClockOrigin::PayloadType)));
    meter.set_clock(27_000_000, ClockOrigin::Option);
    meter.set_clock(48_000, ClockOrigin::Sap);
    meter.set_clock(0, ClockOrigin::Option);
    assert_eq!(clock(&meter), Some((27_000_000, ClockOrigin::Option)));
}

#[test]
fn a_video_frame_is_no_jitter() {
    let mut meter = RtpMeter::new(96);
    let mut sequence = 0_u16;
    for frame in 0..100_u32 {
        // Each frame is 50 datagrams, 500 us apart, of which the last has the marker.
        for part in 0..50_i64 {
            let marker = part == 49;
            let datagram = Rtp { marker, ..rtp(96, sequence, frame * 3600) };
            meter.take(
                &datagram,
                at(i64::from(frame) * 40_000_000 + part * 500_000),
                Order::InOrder,
            );
            sequence = sequence.wrapping_add(1);
        }
    }
    assert_eq!(meter.clock().map(|(clock, _)| clock.hz()), Some(90_000));
    assert!(meter.jitter().is_some_and(|jitter| jitter < 1.0), "{:?}", meter.jitter());
    assert_eq!((meter.markers(), meter.packet_time()), (100, None));
    assert!(is_near(meter.marker_rate(), 25.0, 1e-9));
    assert_eq!(meter.ts_df().map(|factor| factor.last), Some(24_500_000), "the frame is spread");
}

#[test]
fn frames_in_the_order_of_decoding_are_no_jitter() {
    let mut meter = RtpMeter::new(96);
    meter.set_clock(90_000, ClockOrigin::Option);
    for group in 0..100_u32 {
        for (place, frame) in [3_u32, 1, 2].into_iter().enumerate() {
            let index = group * 3 + place as u32;
            let datagram = rtp(96, index as u16, (group * 3 + frame) * 3600);
            meter.take(&datagram, at(i64::from(index) * 40_000_000), Order::InOrder);
        }
    }
    assert!(meter.jitter().is_some_and(|jitter| jitter < 1.0), "{:?}", meter.jitter());
}

#[test]
fn duplicates_and_late_datagrams_are_left_out_of_jitter() {
    let mut meter = RtpMeter::new(0);
    for index in 0..20_u16 {
        let datagram = Rtp { marker: true, ..rtp(0, index, u32::from(index) * 160) };
        let time = at(i64::from(index) * 20_000_000);
        meter.take(&datagram, time, Order::InOrder);
        meter.take(&datagram, at(9 * NANOS), Order::Duplicate);
        meter.take(&datagram, at(9 * NANOS), Order::Stale);
    }
    assert_eq!((meter.jitter(), meter.markers()), (Some(0.0), 20));
    assert_eq!(meter.ts_df().map(|factor| factor.worst), Some(0));
    let late = rtp(0, 15, 15 * 160);
    meter.take(&late, at(385_000_000), Order::Late { extent: 1 });
    assert_eq!(meter.jitter(), Some(0.0));
    assert_eq!(meter.ts_df().map(|factor| factor.worst), Some(85_000_000), "it came late");
}

#[test]
fn a_digit_within_speech_is_left_out() {
    let mut meter = RtpMeter::new(0);
    for index in 0..100_u16 {
        let (payload_type, timestamp) =
            if (50..55).contains(&index) { (101, 0) } else { (0, u32::from(index) * 160) };
        let datagram = rtp(payload_type, index, timestamp);
        meter.take(&datagram, at(i64::from(index) * 20_000_000), Order::InOrder);
    }
    assert_eq!((meter.payload_type(), meter.jitter()), (0, Some(0.0)));
}

#[test]
fn a_new_payload_type_has_a_new_clock() {
    let mut meter = RtpMeter::new(0);
    take_all(&mut meter, 0, &audio(100, 0));
    take_all(&mut meter, 33, &audio(100, 0));
    let clock = meter.clock().map(|(clock, _)| clock.hz());
    assert_eq!((meter.payload_type(), clock), (33, Some(90_000)));
    let mut meter = RtpMeter::new(0);
    meter.set_clock(48_000, ClockOrigin::Option);
    take_all(&mut meter, 97, &audio(100, 0));
    let clock = meter.clock().map(|(clock, _)| clock.hz());
    assert_eq!((meter.payload_type(), clock), (97, Some(48_000)));
}

#[test]
fn changed_timestamps_cause_no_jitter() {
    let mut meter = RtpMeter::new(0);
    for index in 0..300_u32 {
        let timestamp = if index < 100 { 1_000_000 } else { 0 } + index * 160;
        meter.take(
            &rtp(0, index as u16, timestamp),
            at(i64::from(index) * 20_000_000),
            Order::InOrder,
        );
    }
    assert_eq!(meter.jitter(), Some(0.0));
    meter.restart();
    meter.take(&rtp(0, 9, 77), at(99 * NANOS), Order::InOrder);
    meter.take(&rtp(0, 10, 237), at(99 * NANOS + 20_000_000), Order::InOrder);
    assert_eq!(meter.jitter(), Some(0.0));
}

#[test]
fn the_delay_by_ptp_needs_the_stated_epoch() {
    let clock = MediaClock::new(48_000).unwrap();
    let take = |epoch: u32| {
        let mut meter = RtpMeter::new(97);
        meter.set_clock(48_000, ClockOrigin::Sap);
        meter.set_epoch(epoch);
        for index in 0..100_u16 {
            let sent = at(i64::from(index) * 1_000_000);
            let datagram = rtp(97, index, clock.ticks_at(sent).wrapping_add(500_000));
            meter.take(&datagram, at(i64::from(index) * 1_000_000 + 400_000), Order::InOrder);
        }
        meter.ptp_delay().map(|delay| delay.max)
    };
    assert!(take(500_000).is_some_and(|delay| (379_000..421_000).contains(&delay)));
    assert_eq!(take(0), None);
}

proptest! {
    #[test]
    fn jitter_is_that_of_the_rfc(
        late in proptest::collection::vec(0..5_000_000_i64, 2..200),
        start in 0..u32::MAX / 2,
        hz in prop::sample::select(vec![8_000_u32, 44_100, 48_000, 90_000]),
    ) {
        let arrivals: Vec<_> = (0_u32..)
            .zip(&late)
            .map(|(index, late)| (i64::from(index) * 20_000_000 + late, start + index * hz / 50))
            .collect();
        let mut meter = RtpMeter::new(96);
        meter.set_clock(hz, ClockOrigin::Option);
        take_all(&mut meter, 96, &arrivals);
        let expected = reference(&arrivals, hz.into());
        let jitter = meter.jitter();
        prop_assert!(jitter.is_some_and(|jitter| (jitter - expected).abs() < 10.0 + expected / 1e3));
    }

    #[test]
    fn nothing_panics(
        datagrams in proptest::collection::vec(
            (any::<(bool, u16, u32, i64)>(), 0..128_u8, 0..4_u8),
            0..200,
        ),
        hz in any::<u32>(),
    ) {
        let mut meter = RtpMeter::new(96);
        for ((marker, sequence, timestamp, nanos), payload_type, order) in datagrams {
            let order = [
                Order::InOrder,
                Order::Late { extent: 1 },
                Order::Duplicate,
                Order::Stale,
            ][usize::from(order)];
            let payload_type = if payload_type < 100 { 96 } else { payload_type };
            let datagram = Rtp { marker, ..rtp(payload_type, sequence, timestamp) };
            meter.take(&datagram, UnixTime::from_nanos(nanos), order);
            if sequence % 16 == 0 {
                meter.set_clock(hz, ClockOrigin::Sap);
            }
        }
        let _ = (meter.jitter(), meter.ts_df(), meter.marker_rate(), meter.packet_time());
        prop_assert!(meter.bytes() < 8192);
    }
}
