use proptest::prelude::*;

use super::*;
use crate::format::ts::{NULL_PID, PACKET_LEN, PCR_MODULUS, Packet, PacketMut, pes};
use crate::stats::ts::samples::{AUDIO, Bytes, VIDEO, Writer, constant_rate};

/// 1,000 packets a second.
const PACKET: u64 = 27_000;

/// The datagrams of a stream: their packets and times.
fn play(player: &mut Player, bytes: &[u8], piece: usize) -> Vec<(Vec<u8>, u64)> {
    let mut found = Vec::new();
    for piece in bytes.chunks(piece) {
        player.add(piece);
        take(player, &mut found);
    }
    found
}

fn take(player: &mut Player, found: &mut Vec<(Vec<u8>, u64)>) {
    while let Some(datagram) = player.next_datagram().unwrap() {
        found.push((datagram.packets.to_vec(), datagram.time.unwrap().0));
    }
}

fn whole(stream: &[Bytes], packets: usize) -> Vec<(Vec<u8>, u64)> {
    let mut player = Player::new(Framing::PLAIN, packets, true);
    let mut found = play(&mut player, &stream.concat(), 10_000);
    player.finish();
    take(&mut player, &mut found);
    found
}

fn packets(datagrams: &[(Vec<u8>, u64)]) -> Vec<Packet<'_>> {
    let packets = datagrams.iter().flat_map(|(bytes, _)| bytes.chunks_exact(PACKET_LEN));
    packets.map(|packet| Packet::read(packet).unwrap()).collect()
}

#[test]
fn every_packet_leaves_once_and_in_order() {
    let stream = constant_rate(1003);
    let found = whole(&stream, 7);
    let sizes: Vec<_> = found.iter().map(|(packets, _)| packets.len() / PACKET_LEN).collect();
    assert_eq!((sizes.len(), sizes[142], sizes[143]), (144, 7, 2));
    let bytes: Vec<u8> = found.into_iter().flat_map(|(packets, _)| packets).collect();
    assert_eq!(bytes, stream.concat());
}

#[test]
fn a_datagram_with_a_pcr_leaves_at_its_time() {
    let found = whole(&constant_rate(1000), 7);
    let mut pcrs = 0;
    for (number, (bytes, time)) in found.iter().enumerate() {
        let packets = bytes.chunks_exact(PACKET_LEN).map(|packet| Packet::read(packet).unwrap());
        let pcr = packets.into_iter().find_map(|packet| packet.adaptation().pcr);
        let middle = number as u64 * 7 + 3;
        assert_eq!(*time, pcr.unwrap_or(middle.min(999) * PACKET), "{number}");
        pcrs += u64::from(pcr.is_some());
    }
    assert_eq!(pcrs, 50);
}

#[test]
fn the_first_program_has_the_clock() {
    // Another PID comes first and has another clock.
    let mut writer = Writer::default();
    let mut stream = vec![writer.media(AUDIO, Some(5)), writer.pat(), writer.pmt()];
    for n in 3..200 {
        stream.push(match n % 20 {
            0 => writer.media(VIDEO, Some(n * PACKET)),
            1 => writer.media(AUDIO, Some(n * 50)),
            _ => writer.media(VIDEO, None),
        });
    }
    let mut player = Player::new(Framing::PLAIN, 7, true);
    let found = play(&mut player, &stream.concat(), 188);
    assert_eq!(player.pcr_pid(), Some(VIDEO));
    assert_eq!(player.bits_per_second().map(f64::round), Some(1_504_000.0));
    assert!(found.len() > 20);
}

#[test]
fn a_stream_without_tables_has_the_first_clock() {
    let mut writer = Writer::default();
    let stream: Vec<_> =
        (0..3000).map(|n| writer.media(AUDIO, (n % 40 == 7).then_some(n * PACKET))).collect();
    let mut player = Player::new(Framing::PLAIN, 7, true);
    // It is decided before the end.
    let found = play(&mut player, &stream.concat(), 1000);
    assert!(found.len() > 400);
    assert_eq!(player.pcr_pid(), Some(AUDIO));
}

#[test]
fn a_stream_without_pcr_cannot_be_timed() {
    let mut writer = Writer::default();
    let stream: Vec<_> = (0..100).map(|_| writer.media(VIDEO, None)).collect();
    let mut player = Player::new(Framing::PLAIN, 7, true);
    player.add(&stream.concat());
    assert_eq!(player.next_datagram(), Ok(None));
    player.finish();
    assert_eq!(player.next_datagram(), Err(NoPcr { packets: 100 }));
    let mut untimed = Player::new(Framing::PLAIN, 7, false);
    untimed.add(&stream.concat());
    let datagram = untimed.next_datagram().unwrap().unwrap();
    assert_eq!((datagram.packets.len(), datagram.time), (1316, None));
}

#[test]
fn another_file_in_the_same_stream_has_another_clock() {
    let mut writer = Writer::default();
    let mut stream = constant_rate(1000);
    let media = |n: u64| (n % 20 == 0).then_some(900_000_000 + n * PACKET / 2);
    stream.extend((0..6000).map(|n| writer.media(AUDIO, media(n))));
    let mut player = Player::new(Framing::PLAIN, 1, true);
    let mut found = play(&mut player, &stream.concat(), 1880);
    player.finish();
    take(&mut player, &mut found);
    let gap = |at: usize| found[at + 1].1 - found[at].1;
    assert_eq!((player.gaps(), player.pcr_pid()), (1, Some(AUDIO)));
    // The rate of the first one continues for a second.
    assert_eq!((gap(500), gap(1900), gap(3000)), (PACKET, PACKET, PACKET / 2));
}

#[test]
fn a_repeated_stream_has_neither_jumps_nor_errors() {
    // A stream that ends between two PCRs and begins before one.
    let stream = constant_rate(1013).concat();
    let mut player = Player::new(Framing::PLAIN, 7, true).repeating();
    let mut found = Vec::new();
    for _ in 0..4 {
        found.extend(play(&mut player, &stream, 5000));
        player.repeat();
    }
    found.extend(play(&mut player, &stream, 5000));
    player.finish();
    take(&mut player, &mut found);
    let packets = packets(&found);
    assert_eq!((packets.len(), player.restarts()), (5 * 1013, 0));
    for pid in [0, VIDEO, AUDIO] {
        let of_pid = packets.iter().filter(|packet| packet.pid() == pid);
        let counters: Vec<_> = of_pid.map(|packet| packet.counter()).collect();
        assert!(counters.windows(2).all(|two| two[1] == (two[0] + 1) % 16), "{pid}");
    }
    // The position states the time, also across the seams.
    for (number, packet) in packets.iter().enumerate() {
        if let Some(pcr) = packet.adaptation().pcr {
            assert_eq!(pcr, number as u64 * PACKET);
        }
    }
    let pts: Vec<_> = packets.iter().filter_map(|packet| pes::pts(packet.payload())).collect();
    assert_eq!(pts.last(), Some(&(4 * 1013 * 90)));
    assert!(found.windows(2).all(|two| two[0].1 <= two[1].1));
}

#[test]
fn pictures_that_last_longer_than_the_packets_pause_the_stream() {
    // 25 pictures a second, and all packets in the first half of each second.
    let mut writer = Writer::default();
    let mut stream = vec![writer.pat(), writer.pmt()];
    for picture in 0..25 {
        stream.push(writer.media(VIDEO, Some(picture * 10 * PACKET)));
        let mut packet = writer.pes(VIDEO);
        PacketMut::read(&mut packet).unwrap().shift_clock(picture * 40 * PACKET);
        stream.push(packet);
    }
    let bytes = stream.concat();
    let mut player = Player::new(Framing::PLAIN, 1, true).repeating();
    let mut found = play(&mut player, &bytes, 5000);
    player.repeat();
    found.extend(play(&mut player, &bytes, 5000));
    player.finish();
    take(&mut player, &mut found);
    let of = |packet: Option<&Packet<'_>>| packet.and_then(|packet| packet.adaptation().pcr);
    let packets = packets(&found);
    let pcrs: Vec<_> = packets.iter().filter_map(|packet| of(Some(packet))).collect();
    assert_eq!(pcrs[25] - pcrs[0], 27_000_000);
    // 52 packets last 260 ms. Null packets last 740 ms, 5 ms each.
    let nulls = packets.iter().filter(|packet| packet.pid() == NULL_PID).count();
    assert_eq!((packets.len() - nulls, nulls), (104, 148));
    let pts: Vec<_> = packets.iter().filter_map(|packet| pes::pts(packet.payload())).collect();
    assert!(pts.windows(2).all(|two| two[1] - two[0] == 3600), "{pts:?}");
}

#[test]
fn memory_is_bounded_without_pcrs() {
    let mut writer = Writer::default();
    let mut player = Player::new(Framing::PLAIN, 7, true);
    let mut pieces = 0;
    while player.wants_more() {
        let piece: Vec<_> = (0..350).map(|_| writer.media(VIDEO, None)).collect();
        player.add(&piece.concat());
        pieces += 1;
    }
    assert!(pieces < 140);
    assert!(player.next_datagram().is_err());
}

/// A stream of one or more programs, each with its own time base and PID of the PCR.
#[derive(Clone, Debug)]
struct Multiplex {
    programs: u16,
    /// The packets between two PCRs of the first program; all are equal at a constant rate.
    intervals: Vec<u64>,
    /// The ticks between these PCRs.
    step: u64,
    /// The packets before the first PCR and after the last one.
    ends: (u64, u64),
    /// One packet of this many is a null packet.
    nulls: Option<u64>,
    /// How much longer than the packets the pictures last.
    longer: u64,
}

impl Multiplex {
    /// Ticks of a packet: the rate between two PCRs is constant.
    fn ticks(&self, packet: u64) -> u64 {
        let (mut start, mut ticks) = (self.ends.0, 100 * self.step);
        let mut intervals = self.intervals.iter().peekable();
        if packet < start {
            return ticks - (start - packet) * self.step / self.intervals[0];
        }
        while let Some(packets) = intervals.next() {
            if packet < start + packets || intervals.peek().is_none() {
                return ticks + (packet - start) * self.step / packets;
            }
            (start, ticks) = (start + packets, ticks + self.step);
        }
        ticks
    }

    fn base(program: u16) -> u64 {
        (PCR_MODULUS + u64::from(program) * 7_000_000_019 - 100_000_000) % PCR_MODULUS
    }

    fn pcr_pid(program: u16) -> u16 {
        if program == 0 { VIDEO } else { 0x200 + program }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        let between: u64 = self.intervals.iter().sum();
        let (first, last) = (self.ends.0, self.ends.0 + between);
        let all = last + 1 + self.ends.1;
        let mut pcrs: Vec<u64> = self.intervals.iter().fold(vec![first], |mut pcrs, packets| {
            pcrs.push(pcrs[pcrs.len() - 1] + packets);
            pcrs
        });
        pcrs.retain(|packet| *packet <= last);
        let write = |number: u64| {
            let turn = (number % 11) as u16;
            let program = if pcrs.contains(&number) { 0 } else { turn };
            if number == first + 1 {
                return writer.pat();
            }
            if number == first + 2 {
                return writer.pmt();
            }
            if pcrs.contains(&number) || (1..self.programs).contains(&turn) {
                let pcr = (Self::base(program) + self.ticks(number)) % PCR_MODULUS;
                return writer.media(Self::pcr_pid(program), Some(pcr));
            }
            if number == 0 || number + 1 == all {
                // Two pictures, of which the second lasts as long as the time between them.
                let pass = self.ticks(all) - self.ticks(0) + self.longer;
                let time = if number == 0 { 0 } else { pass / 600 };
                let mut packet = writer.pes(AUDIO);
                PacketMut::read(&mut packet).unwrap().shift_clock(time * 300);
                return packet;
            }
            match self.nulls {
                Some(each) if number % each == 0 => writer.null(),
                _ => writer.media(VIDEO, None),
            }
        };
        (0..all).map(write).collect::<Vec<_>>().concat()
    }

    /// The packets of some passes, and their times.
    fn repeated(&self, passes: usize) -> Vec<(Vec<u8>, u64)> {
        let (bytes, mut found) = (self.bytes(), Vec::new());
        let mut player = Player::new(Framing::PLAIN, 1, true).repeating();
        for pass in 0..passes {
            found.extend(play(&mut player, &bytes, 10_000));
            if pass + 1 < passes {
                player.repeat();
            }
        }
        player.finish();
        take(&mut player, &mut found);
        found
    }
}

prop_compose! {
    fn multiplex()(
        programs in 1..4_u16,
        is_constant in any::<bool>(),
        intervals in proptest::collection::vec(4..60_u64, 6..12),
        step in 200_000..1_080_000_u64,
        ends in (0..60_u64, 1..60_u64),
        nulls in proptest::option::of(3..9_u64),
        longer in prop_oneof![Just(0), 0..3_000_000_u64],
    ) -> Multiplex {
        let intervals = if is_constant { vec![intervals[0]; intervals.len()] } else { intervals };
        Multiplex { programs, intervals, step, ends, nulls, longer }
    }
}

proptest! {
    #[test]
    fn each_pcr_states_its_send_time_across_the_seams(
        stream in multiplex(),
        passes in 2..5_usize,
    ) {
        // 500 ns (ISO/IEC 13818-1, 2.4.2.2) in 27 MHz ticks.
        const MOST: u64 = 13;
        let found = stream.repeated(passes);
        let start = found[0].1;
        for program in 0..stream.programs {
            let mut pcrs = Vec::new();
            for ((_, time), packet) in found.iter().zip(packets(&found)) {
                let pcr = packet.adaptation().pcr;
                let is_own = packet.pid() == Multiplex::pcr_pid(program);
                if let (Some(pcr), true) = (pcr, is_own) {
                    pcrs.push((pcr + PCR_MODULUS - (time - start)) % PCR_MODULUS);
                }
            }
            prop_assert!(program > 0 || pcrs.len() > passes);
            let errors = pcrs.iter().map(|pcr| {
                let error = (pcr + PCR_MODULUS - pcrs.first().unwrap_or(pcr)) % PCR_MODULUS;
                error.min(PCR_MODULUS - error)
            });
            prop_assert!(errors.clone().all(|error| error <= MOST), "{:?}", errors.max());
        }
    }

    #[test]
    fn at_a_constant_rate_positions_state_times_across_the_seams(
        stream in multiplex(),
        passes in 2..5_usize,
    ) {
        let stream = Multiplex { intervals: vec![stream.intervals[0]; 8], ..stream };
        let found = stream.repeated(passes);
        let step = |packets: u64| packets * stream.step / stream.intervals[0];
        for (number, (_, time)) in (0_u64..).zip(&found) {
            prop_assert!(time.abs_diff(step(number)) <= 13, "{number}: {time}");
        }
        // Timestamps move by whole ticks of 90 kHz, never into the pass before.
        let pts: Vec<_> =
            packets(&found).iter().filter_map(|packet| pes::pts(packet.payload())).collect();
        prop_assert!(pts.is_sorted());
    }

    #[test]
    fn any_division_of_the_input_gives_the_same_datagrams(
        piece in 1..3000_usize,
        per_datagram in 1..10_usize,
        first in 0..PCR_MODULUS / 300,
    ) {
        let mut stream = constant_rate(300);
        for packet in &mut stream {
            PacketMut::read(packet).unwrap().shift_clock(first * 300);
        }
        let expected = whole(&stream, per_datagram);
        let mut player = Player::new(Framing::PLAIN, per_datagram, true);
        let mut found = play(&mut player, &stream.concat(), piece);
        player.finish();
        take(&mut player, &mut found);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn arbitrary_packets_do_not_panic(
        headers in proptest::collection::vec((any::<[u8; 12]>(), 0..8_u8), 0..300),
        passes in 0..3,
    ) {
        let mut bytes = Vec::new();
        for (header, pid) in headers {
            let mut packet = [0x55; PACKET_LEN];
            packet[..12].copy_from_slice(&header);
            (packet[0], packet[1], packet[2]) = (0x47, header[1] & 0xc0, pid);
            bytes.extend(packet);
        }
        let mut player = Player::new(Framing::PLAIN, 7, true).repeating();
        let mut last = None;
        for _ in 0..passes {
            player.add(&bytes);
            while let Ok(Some(datagram)) = player.next_datagram() {
                prop_assert!(datagram.time >= last);
                last = datagram.time;
            }
            player.repeat();
        }
        player.finish();
        while let Ok(Some(datagram)) = player.next_datagram() {
            prop_assert!(datagram.time >= last);
            last = datagram.time;
        }
    }
}
