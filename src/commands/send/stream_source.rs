//! A transport stream as datagrams, in UDP or in RTP.

use std::io::{self, Read};
use std::time::Duration;

use super::passes::Passes;
use super::source::{Length, Source, Supply};
use crate::event::{PlayoutInfo, PlayoutPace, PlayoutProgram, PlayoutTotals};
use crate::format::rtp;
use crate::input::{Input, InputError};
use crate::plan::{PlanError, StreamPlan};
use crate::playout::{Framing, NoPcr, Player, SendClock};
use crate::units::{Period, random};

/// How much is read at a time.
const READ: usize = 64 * 1024;

/// The datagrams of a transport stream.
pub struct StreamSource {
    input: Passes,
    player: Player,
    plan: StreamPlan,
    clock: SendClock,
    /// The pace of a stream that is not timed.
    period: Option<Period>,
    read: Box<[u8]>,
    /// The available datagram, with its RTP header.
    datagram: Vec<u8>,
    /// Its time in the stream, and in the run.
    time: Option<Duration>,
    due: Option<Duration>,
    rtp: RtpNumbers,
    datagrams: u64,
    passes: u64,
    has_waited: bool,
    has_ended: bool,
}

/// The numbers of the RTP headers.
#[derive(Clone, Copy, Debug)]
struct RtpNumbers {
    sequence: u16,
    /// The timestamp of the start of the run.
    start: u32,
    ssrc: u32,
}

impl RtpNumbers {
    /// At random (RFC 3550, 5.1).
    fn new() -> Self {
        let [one, two] = [random(), random()];
        RtpNumbers { sequence: (one >> 32) as u16, start: one as u32, ssrc: two as u32 }
    }

    /// The timestamp at a time of the run.
    fn timestamp(&self, time: Duration) -> u32 {
        let ticks = time.as_nanos() * u128::from(rtp::MP2T_CLOCK_HZ) / 1_000_000_000;
        self.start.wrapping_add(ticks as u32)
    }
}

impl StreamSource {
    /// The datagrams of an input with this framing. `period` is the pace of the run, for a stream
    /// that is not timed.
    ///
    /// # Errors
    /// The input cannot be read, or not be sent as planned.
    pub fn new(
        input: Passes,
        framing: Framing,
        plan: StreamPlan,
        period: Option<Period>,
    ) -> Result<Self, InputError> {
        let size = plan.size;
        let not_whole = || io::Error::other(PlanError::NotWholePackets { size });
        let packets = plan.packets().ok_or_else(|| input.failed(not_whole()))?;
        let player = Player::new(framing, packets, plan.is_timed);
        let is_live = input.input().size().is_none();
        let mut source = StreamSource {
            player: if input.is_repeated() { player.repeating() } else { player },
            input,
            plan,
            clock: if is_live { SendClock::live() } else { SendClock::default() },
            period,
            read: vec![0; READ].into_boxed_slice(),
            datagram: Vec::new(),
            time: None,
            due: None,
            rtp: RtpNumbers::new(),
            datagrams: 0,
            passes: 1,
            has_waited: false,
            has_ended: false,
        };
        // The bytes that were read show the first program.
        source.load().map_err(|error| source.input.failed(error))?;
        Ok(source)
    }

    /// Makes the packets of the next datagram available.
    fn load(&mut self) -> io::Result<Supply> {
        while self.datagram.is_empty() {
            match self.player.next_datagram() {
                Ok(Some(datagram)) => {
                    self.datagram.resize(self.plan.header(), 0);
                    self.datagram.extend_from_slice(datagram.packets);
                    self.time = datagram.due();
                    return Ok(Supply::Ready);
                }
                Ok(None) if self.has_ended => return Ok(Supply::End),
                Ok(None) => {}
                Err(NoPcr { packets }) => {
                    return Err(io::Error::other(PlanError::NoPcr { packets }));
                }
            }
            match self.input.read(&mut self.read) {
                Ok(0) => self.end_pass()?,
                Ok(count) => self.player.add(&self.read[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.has_waited = true;
                    return Ok(Supply::Pending);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Supply::Ready)
    }

    fn end_pass(&mut self) -> io::Result<()> {
        if self.input.repeat()? {
            self.passes += 1;
            self.player.repeat();
        } else {
            self.player.finish();
            self.has_ended = true;
        }
        Ok(())
    }

    /// Decides when the available datagram leaves.
    fn set_due(&mut self, elapsed: Duration) {
        let has_waited = std::mem::take(&mut self.has_waited);
        let due = match (self.time, self.period) {
            (Some(time), _) => self.clock.due(time, elapsed, has_waited),
            // The pace of the run sends it. RTP states the time of the schedule.
            (None, Some(period)) => period.after(self.datagrams).unwrap_or(elapsed),
            (None, None) => elapsed,
        };
        self.due = Some(due);
        if self.plan.rtp {
            let RtpNumbers { sequence, ssrc, .. } = self.rtp;
            let header = rtp::header(rtp::MP2T, sequence, self.rtp.timestamp(due), ssrc);
            self.datagram[..header.len()].copy_from_slice(&header);
        }
    }

    /// How long one pass takes by the rate of its beginning.
    fn pass_duration(&self) -> Option<Duration> {
        let (size, rate) = self.input.input().size().zip(self.player.bits_per_second())?;
        Duration::try_from_secs_f64(size as f64 * 8.0 / rate).ok()
    }
}

impl Source for StreamSource {
    fn fill(&mut self, elapsed: Duration) -> Result<Supply, InputError> {
        let supply = self.load().map_err(|error| self.input.failed(error))?;
        if supply == Supply::Ready && self.due.is_none() {
            self.set_due(elapsed);
        }
        Ok(supply)
    }

    fn payload(&self) -> &[u8] {
        &self.datagram
    }

    fn due(&self) -> Option<Duration> {
        self.due.filter(|_| self.time.is_some())
    }

    fn has_own_pace(&self) -> bool {
        self.plan.is_timed
    }

    fn usual_gap(&self) -> Option<Duration> {
        let bits = (self.plan.size * 8) as f64;
        let gap = self.player.bits_per_second().filter(|_| self.plan.is_timed);
        gap.and_then(|rate| Duration::try_from_secs_f64(bits / rate).ok())
    }

    fn length(&self) -> Length {
        let passes = self.input.count().and_then(|count| u32::try_from(count).ok());
        let pass = self.pass_duration().filter(|_| self.plan.is_timed);
        let duration = passes.zip(pass).and_then(|(passes, pass)| pass.checked_mul(passes));
        Length { duration, ..Length::default() }
    }

    fn playout(&self) -> Option<PlayoutInfo> {
        let programs = self.player.programs().iter().map(|program| PlayoutProgram {
            number: program.number,
            name: program.name.clone(),
            contents: program.contents.clone(),
        });
        Some(PlayoutInfo {
            pace: if self.plan.is_timed { PlayoutPace::Pcr } else { PlayoutPace::Rate },
            programs: programs.collect(),
            pcr_pid: self.player.pcr_pid(),
            bit_rate: self.player.bits_per_second(),
            duration: self.pass_duration(),
            packets_per_datagram: self.plan.packets().unwrap_or(1),
            rtp: self.plan.rtp,
            passes: self.input.count(),
        })
    }

    fn playout_totals(&self) -> Option<PlayoutTotals> {
        Some(PlayoutTotals {
            passes: self.passes,
            underruns: self.clock.underruns(),
            delayed: self.clock.delayed(),
            pcr_jumps: self.player.restarts(),
            pcr_gaps: self.player.gaps(),
            skipped_bytes: self.player.skipped(),
        })
    }

    fn advance(&mut self) {
        self.datagram.clear();
        (self.time, self.due) = (None, None);
        self.rtp.sequence = self.rtp.sequence.wrapping_add(1);
        self.datagrams += 1;
    }

    fn input(&self) -> Option<&Input> {
        Some(self.input.input())
    }
}
