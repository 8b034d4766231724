use proptest::prelude::*;

use super::samples::{AUDIO, Bytes, PMT_PID, VIDEO, Writer, constant_rate, section};
use super::{Check, TsFigures, TsMeter, TsOrder};
use crate::format::ts::Kind;
use crate::stats::sequence::RangeOrder;
use crate::units::UnixTime;

const MILLIS: i64 = 1_000_000;

fn take(
    meter: &mut TsMeter,
    datagram: &[Bytes],
    millis: i64,
    order: TsOrder,
) -> Option<RangeOrder> {
    meter.take(&datagram.concat(), UnixTime::from_nanos(millis * MILLIS), order, true)
}

/// Datagrams of seven packets each, which arrive when they are due at 1,000 packets a second.
fn play<'a>(datagrams: impl IntoIterator<Item = (usize, &'a [Bytes])>) -> TsMeter {
    let mut meter = TsMeter::new();
    for (index, datagram) in datagrams {
        take(&mut meter, datagram, index as i64 * 7, TsOrder::Unnumbered);
    }
    meter
}

fn failed(figures: &TsFigures) -> Vec<(&'static str, u64)> {
    let checks = figures.checks.iter().filter_map(|(check, errors)| Some((check, (*errors)?)));
    checks
        .filter(|(_, errors)| *errors > 0)
        .map(|(check, errors)| (check.number(), errors))
        .collect()
}

#[test]
fn a_clean_stream_has_its_figures_and_no_error() {
    let packets = constant_rate(7000);
    let figures = play(packets.chunks(7).enumerate()).figures(false);
    assert_eq!(failed(&figures), []);
    assert_eq!((figures.packets, figures.lost_min, figures.lost_estimate), (7000, 0, Some(0)));
    assert_eq!(figures.bitrate_bps, Some(1_504_000.0));
    assert_eq!(figures.null_ratio, Some(0.1));
    assert_eq!(figures.pcr_interval.max(), Some(20 * MILLIS));
    assert_eq!(figures.pcr_accuracy, Some(0));
    assert_eq!(figures.pat_interval.mean().map(|mean| mean / MILLIS), Some(99));
    let jitter = figures.pcr_jitter.unwrap();
    assert!((5..=7).contains(&(jitter / MILLIS)), "within a datagram: {jitter}");
    assert_eq!((figures.iat.mean(), figures.iat.max()), (Some(7 * MILLIS), Some(7 * MILLIS)));
    let mdi = figures.mdi.unwrap();
    assert_eq!(((mdi.df_ns as f64 / 1e6).round(), mdi.mlr), (7.0, 0));
}

#[test]
fn tables_name_programs_pids_and_services() {
    let packets = constant_rate(700);
    let figures = play(packets.chunks(7).enumerate()).figures(false);
    let kinds: Vec<_> = figures.pids.iter().map(|pid| (pid.pid, pid.kind, pid.program)).collect();
    let expected = [
        (0, Kind::Pat, None),
        (0x11, Kind::Sdt, None),
        (VIDEO, Kind::H264, Some(1)),
        (AUDIO, Kind::Aac, Some(1)),
        (PMT_PID, Kind::Pmt, Some(1)),
        (0x1fff, Kind::Null, None),
    ];
    assert_eq!(kinds, expected);
    let [program] = &figures.programs[..] else { panic!("one program") };
    assert_eq!((program.number, program.pcr_pid), (1, Some(VIDEO)));
    assert_eq!(
        (figures.service.as_deref(), program.provider.as_deref()),
        (Some("Name"), Some("Provider"))
    );
    let packets: u64 = figures.pids.iter().map(|pid| pid.packets).sum();
    let bits: f64 = figures.pids.iter().filter_map(|pid| pid.bitrate_bps).sum();
    assert_eq!((packets, bits.round()), (700, 1_504_000.0));
}

#[test]
fn lost_datagrams_are_estimated_at_a_constant_rate() {
    let packets = constant_rate(14_000);
    let lost = |index: usize| index > 20 && index < 1990 && index % 40 < 3;
    let datagrams = || packets.chunks(7).enumerate();
    let meter = play(datagrams().filter(|(index, _)| !lost(*index)));
    let truth = datagrams().filter(|(index, _)| lost(*index)).count() as u64 * 7;
    let figures = meter.figures(false);
    assert_eq!(figures.lost_estimate, Some(truth));
    assert!(figures.lost_min > 0 && figures.lost_min < truth);
    let losses = meter.losses();
    assert_eq!((losses.lost, losses.runs), (figures.lost_min, figures.cc_errors));
    assert_eq!(losses.expected, figures.packets + figures.lost_min);
    assert!(figures.mdi.is_some_and(|mdi| mdi.mlr > 0));
}

#[test]
fn a_late_datagram_is_reordered_and_not_lost() {
    let packets = constant_rate(700);
    let mut datagrams: Vec<_> = packets.chunks(7).enumerate().collect();
    for (index, later) in [(20, 1), (30, 3), (40, 7)] {
        let late = datagrams.remove(index);
        datagrams.insert(index + later, late);
    }
    let figures = play(datagrams).figures(false);
    assert_eq!((figures.cc_errors, figures.lost_min, figures.reordered), (0, 0, 3));
    assert_eq!(figures.packets, 700);
}

#[test]
fn the_order_of_rtp_prevents_errors() {
    let packets = constant_rate(700);
    // The first and the 15th datagram hold tables, which do not occur in their neighbours.
    for late in [1, 14, 15, 43] {
        let mut meter = TsMeter::new();
        for (index, datagram) in packets.chunks(7).enumerate().filter(|(index, _)| *index != late) {
            take(&mut meter, datagram, index as i64 * 7, TsOrder::InOrder);
            if index == late + 1 {
                take(&mut meter, datagram, index as i64 * 7, TsOrder::Duplicate);
                let datagram = &packets[late * 7..late * 7 + 7];
                take(&mut meter, datagram, index as i64 * 7, TsOrder::Late);
            }
        }
        let figures = meter.figures(false);
        assert_eq!((figures.cc_errors, figures.lost_min, figures.packets), (0, 0, 700), "{late}");
        assert_eq!((figures.reordered, figures.duplicates), (1, 1));
    }
}

#[test]
fn packets_with_parity_are_measured() {
    let packets = constant_rate(700);
    let mut meter = TsMeter::new();
    for (index, datagram) in packets.chunks(7).enumerate() {
        let payload: Vec<u8> =
            datagram.iter().flat_map(|packet| packet.iter().copied().chain([0; 16])).collect();
        let time = UnixTime::from_nanos(index as i64 * 7 * MILLIS);
        assert!(meter.take(&payload, time, TsOrder::Unnumbered, true).is_some());
    }
    assert_eq!((meter.figures(false).packets, meter.losses().lost), (700, 0));
}

#[test]
fn another_payload_is_foreign() {
    let mut meter = TsMeter::new();
    let packets = constant_rate(7);
    let seven = Some(RangeOrder { new: 7, ..RangeOrder::default() });
    assert_eq!(take(&mut meter, &packets, 0, TsOrder::Unnumbered), seven);
    for foreign in [&b"hello"[..], &[0; 188], &[7; 1316]] {
        assert_eq!(meter.take(foreign, UnixTime::default(), TsOrder::Unnumbered, true), None);
    }
    assert_eq!(failed(&meter.figures(false)), []);
}

#[test]
fn without_memory_further_pids_are_only_counted() {
    let mut meter = TsMeter::new();
    let packets = constant_rate(70);
    for (index, datagram) in packets.chunks(7).enumerate() {
        let time = UnixTime::from_nanos(index as i64 * MILLIS);
        meter.take(&datagram.concat(), time, TsOrder::Unnumbered, false);
    }
    assert_eq!((meter.bytes(), meter.figures(false).packets), (0, 70));
}

#[test]
fn a_forged_stream_has_bounded_memory() {
    let (mut writer, mut meter) = (Writer::default(), TsMeter::new());
    for n in 0..16_384_u64 {
        let programs: Vec<u8> = (0..40).flat_map(|_| (n as u32).to_be_bytes()).collect();
        let pat = section(0, n as u16, &programs);
        let packets = [writer.media((n % 8191) as u16, Some(n * 27_000)), writer.section(0, &pat)];
        take(&mut meter, &packets, n as i64, TsOrder::Unnumbered);
    }
    assert!(meter.bytes() < 4 << 20, "{}", meter.bytes());
}

/// The errors of a stream from which `change` removes or changes packets; `None` removes one.
fn errors_after(change: impl Fn(u64, &mut Bytes) -> bool) -> Vec<(&'static str, u64)> {
    let mut packets = constant_rate(14_000);
    let mut meter = TsMeter::new();
    for (index, datagram) in packets.chunks_mut(4).enumerate() {
        let numbers = index as u64 * 4..;
        let kept =
            numbers.zip(datagram).filter_map(|(n, packet)| change(n, packet).then_some(*packet));
        let kept: Vec<Bytes> = kept.collect();
        take(&mut meter, &kept, index as i64 * 4, TsOrder::InOrder);
    }
    failed(&meter.figures(false))
}

fn pid_of(packet: &Bytes) -> u16 {
    u16::from_be_bytes([packet[1] & 0x1f, packet[2]])
}

#[test]
fn each_check_of_priority_1_finds_its_error() {
    assert_eq!(errors_after(|_, _| true), []);
    let is_in = |n: u64, from: u64, to: u64| (from..to).contains(&n);
    let unsync = |from, to| {
        errors_after(move |n, packet| {
            if is_in(n, from, to) {
                packet[0] = 0;
            }
            true
        })
    };
    // The packets at 5009 and 5008 are null packets.
    assert_eq!(unsync(5008, 5009), [("1.2", 1)]);
    assert_eq!(unsync(5008, 5010), [("1.1", 1), ("1.2", 2)]);
    let without = |pid: u16, from: u64, to: u64| {
        errors_after(move |n, packet| {
            if is_in(n, from, to) && pid_of(packet) == pid {
                *packet = Writer::default().null();
            }
            true
        })
    };
    assert_eq!(without(0, 5001, 5500), [("1.4", 1)], "1.3: not for longer than 0.5 s");
    assert_eq!(without(0, 5001, 7601), [("1.3", 1), ("1.4", 1)], "16 and 11 packets");
    assert_eq!(without(PMT_PID, 5002, 6002), [("1.4", 1), ("1.5", 1)]);
    let absent = without(AUDIO, 5000, 12_000);
    assert!(absent.contains(&("1.6", 1)) && absent.contains(&("2.5", 1)), "{absent:?}");
}

#[test]
fn a_scrambled_or_foreign_table_is_an_error() {
    let scrambled = |pid: u16| {
        errors_after(move |n, packet| {
            if n / 100 == 50 && pid_of(packet) == pid {
                packet[3] |= 0x80;
            }
            true
        })
    };
    // Scrambled packets without a CAT are an error of their own.
    assert_eq!(scrambled(0), [("1.3", 1), ("2.6", 1)]);
    assert_eq!(scrambled(PMT_PID), [("1.5", 1), ("2.6", 1)]);
    let foreign = section(3, 0, &[]);
    let replaced = errors_after(|n, packet| {
        if n == 5000 {
            packet[5..5 + foreign.len()].copy_from_slice(&foreign);
        }
        true
    });
    assert_eq!(replaced, [("1.3", 1)]);
}

#[test]
fn each_check_of_priority_2_finds_its_error() {
    let changed = |at: u64, change: fn(&mut Bytes)| {
        errors_after(move |n, packet| {
            if n == at {
                change(packet);
            }
            true
        })
    };
    assert_eq!(changed(5010, |packet| packet[1] |= 0x80), [("2.1", 1)]);
    assert_eq!(changed(5000, |packet| packet[12] ^= 1), [("2.2", 1)]);
    // The base of the PCR in packet 5005, by 2^17 ticks and by 1 tick of 90 kHz.
    assert_eq!(changed(5005, |packet| packet[7] ^= 1), [("2.3b", 2)]);
    let inaccurate = changed(5005, |packet| packet[10] ^= 0x80);
    assert!(matches!(inaccurate[..], [("2.4", 1..=3)]), "{inaccurate:?}");
    let without_pcr = errors_after(|n, packet| {
        if (5005..5100).contains(&n) {
            packet[5] &= !0x10;
        }
        true
    });
    assert_eq!(without_pcr, [("2.3a", 1)]);
    let without_pts = errors_after(|n, packet| {
        if (5000..5800).contains(&n) && pid_of(packet) == AUDIO {
            packet[1] &= !0x40;
        }
        true
    });
    assert_eq!(without_pts, [("2.5", 1)]);
    let scrambled = errors_after(|n, packet| {
        if n > 5000 && pid_of(packet) == AUDIO {
            packet[3] |= 0x80;
        }
        true
    });
    assert_eq!(scrambled, [("2.5", 1), ("2.6", 1)]);
}

/// Datagrams of one to seven packets of three PIDs, null packets, and with five kinds packets without
/// payload.
fn written(kinds: u16) -> impl Strategy<Value = Vec<Vec<Bytes>>> {
    let pids = proptest::collection::vec(proptest::collection::vec(0..kinds, 1..8), 20..120);
    pids.prop_map(|datagrams| {
        let mut writer = Writer::default();
        let mut write = |pid: u16| match pid {
            3 => writer.null(),
            4 => writer.bare(0x100),
            pid => writer.media(0x100 + pid, None),
        };
        datagrams.iter().map(|pids| pids.iter().map(|pid| write(*pid)).collect()).collect()
    })
}

/// The losses that four bits show: the runs of lost packets of each PID, modulo 16, between packets
/// that arrived.
fn visible_losses(datagrams: &[Vec<Bytes>], is_lost: impl Fn(usize) -> bool) -> (u64, u64) {
    let (mut visible, mut all) = (0, 0);
    for pid in 0x100..0x103 {
        let mut run = None;
        for (index, datagram) in datagrams.iter().enumerate() {
            for packet in datagram.iter().filter(|packet| pid_of(packet) == pid) {
                let has_payload = packet[3] & 0x10 != 0;
                match &mut run {
                    Some(run) if is_lost(index) => *run += u64::from(has_payload),
                    None if is_lost(index) => {}
                    run => {
                        let lost = run.replace(0).unwrap_or(0);
                        (visible, all) = (visible + lost % 16, all + lost);
                    }
                }
            }
        }
    }
    (visible, all)
}

proptest! {
    #[test]
    fn lost_datagrams_are_counted_modulo_16(
        datagrams in written(5),
        lost in proptest::collection::vec(proptest::bool::weighted(0.1), 120),
        numbered: bool,
    ) {
        let order = if numbered { TsOrder::InOrder } else { TsOrder::Unnumbered };
        let mut meter = TsMeter::new();
        let (mut sum, mut errors) = (0, 0);
        for (index, datagram) in datagrams.iter().enumerate().filter(|(index, _)| !lost[*index]) {
            take(&mut meter, datagram, index as i64, order);
            if index % 10 == 0 {
                let losses = meter.losses_since_mark();
                (sum, errors) = (sum + losses.lost, errors + losses.runs);
                meter.mark();
            }
        }
        let (visible, all) = visible_losses(&datagrams, |index| lost[index]);
        let losses = meter.losses();
        prop_assert!(losses.lost <= all);
        if numbered {
            prop_assert_eq!(losses.lost, visible);
            prop_assert_eq!(sum + meter.losses_since_mark().lost, losses.lost);
            prop_assert_eq!(errors + meter.losses_since_mark().runs, losses.runs);
        }
    }

    #[test]
    fn copies_and_neighbours_out_of_order_cost_nothing(
        datagrams in written(4),
        copied in proptest::collection::vec(0..4_usize, 120),
        swapped in proptest::collection::vec(proptest::bool::weighted(0.1), 120),
    ) {
        // The first datagrams only start the counters.
        let mut order: Vec<usize> = (0..datagrams.len()).collect();
        let mut index = 12;
        while index + 1 < order.len() {
            if swapped[index] {
                order.swap(index, index + 1);
                index += 1;
            }
            index += 1;
        }
        let mut meter = TsMeter::new();
        let starts = |index: usize| datagrams[..12].concat().len() > index;
        prop_assume!(starts(0) && (0x100..0x103).all(|pid| {
            datagrams[..12].iter().flatten().any(|packet| pid_of(packet) == pid)
        }));
        for index in order {
            take(&mut meter, &datagrams[index], index as i64, TsOrder::Unnumbered);
            for _ in 0..copied[index].saturating_sub(1) {
                take(&mut meter, &datagrams[index], index as i64, TsOrder::Unnumbered);
            }
        }
        let figures = meter.figures(false);
        prop_assert_eq!((figures.cc_errors, figures.lost_min), (0, 0));
        for pid in figures.pids.iter().filter(|pid| pid.kind != Kind::Null) {
            let sent = datagrams.iter().flatten().filter(|packet| pid_of(packet) == pid.pid);
            prop_assert_eq!(pid.packets, sent.count() as u64);
        }
    }

    #[test]
    fn arbitrary_payloads_do_not_panic(
        payloads in proptest::collection::vec(
            proptest::collection::vec((0..4_u16, any::<[u8; 12]>()), 1..4), 0..60),
        orders in proptest::collection::vec(0..4_usize, 60),
    ) {
        let mut meter = TsMeter::new();
        for (index, packets) in payloads.iter().enumerate() {
            let payload: Vec<u8> = packets.iter().flat_map(|(pid, start)| {
                let mut bytes = [0xff; 188];
                bytes[..12].copy_from_slice(start);
                bytes[0] = 0x47;
                if start[1] < 200 {
                    bytes[1] = (bytes[1] & 0xe0) | (pid >> 8) as u8;
                    bytes[2] = (*pid % 256) as u8;
                }
                bytes
            }).collect();
            let order = [TsOrder::Unnumbered, TsOrder::InOrder, TsOrder::Late, TsOrder::Duplicate];
            meter.take(&payload, UnixTime::from_nanos(index as i64 * 70 * MILLIS), order[orders[index]], true);
        }
        let _ = (meter.figures(false), meter.figures(true), meter.losses_since_mark());
        prop_assert!(meter.figures(false).errors(Check::Continuity) >= meter.losses().runs);
    }
}
