//! Continues a stream that repeats: receivers see neither a jump of the clocks nor of the counters.

use crate::format::ts::pes::{self, TIMESTAMP_MODULUS};
use crate::format::ts::{NULL_PID, Packet, PacketMut};

/// The ticks of a PCR in one tick of a timestamp.
const PCR_TICKS: u64 = 300;

/// A larger step between two timestamps is no passing of time, in 90 kHz ticks.
const LONGEST_STEP: u64 = 10 * 90_000;

/// Moves the clocks of each pass behind those of the pass before, and continues the counters of each
/// PID. Errors inside of the stream stay.
#[derive(Clone, Debug)]
pub struct Splice {
    pids: Vec<Pid>,
    /// How much later this pass is than the first, in 27 MHz ticks. Timestamps count 90 kHz: they
    /// move by whole ticks of it, and no rounding error adds up.
    offset: u64,
    is_first: bool,
}

/// The counter and the timestamps of a PID.
#[derive(Clone, Copy, Debug, Default)]
struct Pid {
    /// The last counter, as sent.
    last: Option<u8>,
    /// What is added to the counters of this pass; `None` before its first packet.
    shift: Option<u8>,
    media: Option<Media>,
}

/// The timestamps of one PID in the first pass, in 90 kHz ticks.
#[derive(Clone, Copy, Debug)]
struct Media {
    last: u64,
    /// From the first one to the last one.
    span: u64,
    step: u64,
    has_jumped: bool,
}

impl Default for Splice {
    fn default() -> Self {
        let pids = vec![Pid::default(); usize::from(NULL_PID)];
        Splice { pids, offset: 0, is_first: true }
    }
}

impl Splice {
    /// Changes a packet of this pass.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        let Some(packet) = Packet::read(bytes) else { return };
        // Null packets, which have no counter, are not in the list.
        let Some(pid) = self.pids.get_mut(usize::from(packet.pid())) else { return };
        if self.is_first {
            pid.note_media(packet);
            pid.last = Some(packet.counter());
            return;
        }
        let shift = pid.shift(packet);
        let counter = packet.counter().wrapping_add(shift) & 0xf;
        pid.last = Some(counter);
        if let Some(mut packet) = PacketMut::read(bytes) {
            packet.set_counter(counter);
            packet.shift_clock(self.offset);
        }
    }

    /// Begins the next pass, `ticks` of 27 MHz later than this one.
    pub fn next_pass(&mut self, ticks: u64) {
        self.offset = self.offset.saturating_add(ticks);
        self.is_first = false;
        self.pids.iter_mut().for_each(|pid| pid.shift = None);
    }

    /// The time of the pictures and sounds of the first pass, in 27 MHz ticks. It may be longer
    /// than the time by the PCR.
    pub fn media_ticks(&self) -> u64 {
        let media = self.pids.iter().filter_map(|pid| pid.media);
        let ticks = media.filter(|media| !media.has_jumped).map(|media| media.span + media.step);
        ticks.max().unwrap_or(0) * PCR_TICKS
    }
}

impl Pid {
    /// What is added to the counters of this pass, whose first packet may be this one.
    fn shift(&mut self, packet: Packet<'_>) -> u8 {
        *self.shift.get_or_insert_with(|| {
            let next = self.last.map(|last| last + u8::from(packet.has_payload()));
            next.map_or(0, |next| next.wrapping_sub(packet.counter()) & 0xf)
        })
    }

    fn note_media(&mut self, packet: Packet<'_>) {
        if !packet.starts_unit() || packet.is_scrambled() {
            return;
        }
        let Some(found) = pes::timestamps(packet.payload()) else { return };
        let time = found.dts.unwrap_or(found.pts);
        let Some(media) = &mut self.media else {
            self.media = Some(Media { last: time, span: 0, step: 0, has_jumped: false });
            return;
        };
        let step = (time + TIMESTAMP_MODULUS - media.last) % TIMESTAMP_MODULUS;
        media.has_jumped |= step > LONGEST_STEP;
        (media.last, media.step) = (time, step);
        media.span = media.span.saturating_add(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ts::samples::{AUDIO, VIDEO, Writer};

    fn counters(splice: &mut Splice, packets: &[[u8; 188]], pid: u16) -> Vec<u8> {
        let sent = packets.iter().map(|packet| {
            let mut packet = *packet;
            splice.apply(&mut packet);
            packet
        });
        let sent: Vec<_> = sent.collect();
        let packets = sent.iter().map(|packet| Packet::read(packet).unwrap());
        packets.filter(|packet| packet.pid() == pid).map(Packet::counter).collect()
    }

    #[test]
    fn counters_continue_on_each_pid() {
        let mut writer = Writer::default();
        let mut packets: Vec<_> = (0..5).map(|_| writer.media(VIDEO, None)).collect();
        packets.extend((0..3).map(|_| writer.media(AUDIO, None)));
        let mut splice = Splice::default();
        for pass in 0..4 {
            let video: Vec<_> = (0..5).map(|n| (pass * 5 + n) % 16).collect();
            assert_eq!(counters(&mut splice.clone(), &packets, VIDEO), video);
            let audio: Vec<_> = (0..3).map(|n| (pass * 3 + n) % 16).collect();
            assert_eq!(counters(&mut splice, &packets, AUDIO), audio);
            splice.next_pass(1);
        }
    }

    #[test]
    fn a_packet_without_payload_repeats_the_counter() {
        let mut writer = Writer::default();
        let packets = [writer.bare(VIDEO), writer.media(VIDEO, None), writer.media(VIDEO, None)];
        let mut splice = Splice::default();
        assert_eq!(counters(&mut splice, &packets, VIDEO), [15, 0, 1]);
        splice.next_pass(1);
        assert_eq!(counters(&mut splice, &packets, VIDEO), [1, 2, 3]);
    }

    #[test]
    fn null_packets_stay() {
        let null = Writer::default().null();
        let mut splice = Splice::default();
        splice.next_pass(300);
        assert_eq!(counters(&mut splice, &[null, null], NULL_PID), [0, 0]);
    }

    #[test]
    fn the_clock_of_a_pass_is_later() {
        let packet = Writer::default().media(VIDEO, Some(5_000));
        let mut splice = Splice::default();
        for expected in [5_000, 34_701, 64_402] {
            let mut sent = packet;
            splice.apply(&mut sent);
            assert_eq!(Packet::read(&sent).unwrap().adaptation().pcr, Some(expected));
            splice.next_pass(29_701);
        }
    }

    #[test]
    fn media_last_until_the_end_of_the_last_picture() {
        let mut writer = Writer::default();
        let mut splice = Splice::default();
        for n in 0..10 {
            let mut packet = writer.pes(VIDEO);
            PacketMut::read(&mut packet)
                .unwrap()
                .shift_clock((TIMESTAMP_MODULUS - 9000 + n * 3600) * 300);
            splice.apply(&mut packet);
        }
        assert_eq!(splice.media_ticks(), 10 * 3600 * 300);
    }
}
