//! The checks of ETSI TR 101 290, as far as a receiver of datagrams can make them.

use super::marked::Marked;

/// A check of TR 101 290, priority 1 or 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// 1.1: two consecutive sync bytes are wrong.
    SyncLoss,
    /// 1.2: a sync byte is wrong.
    SyncByte,
    /// 1.3: PID 0 without a PAT for 0.5 s, with another table, or scrambled.
    Pat,
    /// 1.4: packets are lost, out of order, or there more than twice.
    Continuity,
    /// 1.5: a program without a PMT for 0.5 s, or a scrambled one.
    Pmt,
    /// 1.6: a PID of a program does not occur for 5 s.
    Pid,
    /// 2.1: a packet has the transport error indicator.
    Transport,
    /// 2.2: the checksum of a table is wrong.
    Crc,
    /// 2.3a: the PCR pauses for more than 100 ms.
    PcrRepetition,
    /// 2.3b: the PCR jumps without the discontinuity indicator.
    PcrDiscontinuity,
    /// 2.4: the PCR is more than 500 ns off its position, in a stream of constant rate.
    PcrAccuracy,
    /// 2.5: audio or video without a PTS for 700 ms.
    Pts,
    /// 2.6: scrambled packets without a CAT, or another table on PID 1.
    Cat,
}

impl Check {
    /// All checks, in the order of the standard.
    pub const ALL: [Check; 13] = [
        Check::SyncLoss,
        Check::SyncByte,
        Check::Pat,
        Check::Continuity,
        Check::Pmt,
        Check::Pid,
        Check::Transport,
        Check::Crc,
        Check::PcrRepetition,
        Check::PcrDiscontinuity,
        Check::PcrAccuracy,
        Check::Pts,
        Check::Cat,
    ];

    /// The number in the standard.
    pub fn number(self) -> &'static str {
        match self {
            Check::SyncLoss => "1.1",
            Check::SyncByte => "1.2",
            Check::Pat => "1.3",
            Check::Continuity => "1.4",
            Check::Pmt => "1.5",
            Check::Pid => "1.6",
            Check::Transport => "2.1",
            Check::Crc => "2.2",
            Check::PcrRepetition => "2.3a",
            Check::PcrDiscontinuity => "2.3b",
            Check::PcrAccuracy => "2.4",
            Check::Pts => "2.5",
            Check::Cat => "2.6",
        }
    }

    /// The name in JSON: that in the standard, in lower case.
    pub fn field(self) -> &'static str {
        match self {
            Check::SyncLoss => "ts_sync_loss",
            Check::SyncByte => "sync_byte_error",
            Check::Pat => "pat_error",
            Check::Continuity => "continuity_count_error",
            Check::Pmt => "pmt_error",
            Check::Pid => "pid_error",
            Check::Transport => "transport_error",
            Check::Crc => "crc_error",
            Check::PcrRepetition => "pcr_repetition_error",
            Check::PcrDiscontinuity => "pcr_discontinuity_indicator_error",
            Check::PcrAccuracy => "pcr_accuracy_error",
            Check::Pts => "pts_error",
            Check::Cat => "cat_error",
        }
    }

    /// The name in the standard.
    pub fn name(self) -> &'static str {
        match self {
            Check::SyncLoss => "TS_sync_loss",
            Check::SyncByte => "Sync_byte_error",
            Check::Pat => "PAT_error",
            Check::Continuity => "Continuity_count_error",
            Check::Pmt => "PMT_error",
            Check::Pid => "PID_error",
            Check::Transport => "Transport_error",
            Check::Crc => "CRC_error",
            Check::PcrRepetition => "PCR_repetition_error",
            Check::PcrDiscontinuity => "PCR_discontinuity_indicator_error",
            Check::PcrAccuracy => "PCR_accuracy_error",
            Check::Pts => "PTS_error",
            Check::Cat => "CAT_error",
        }
    }
}

/// The errors of each check.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checks(Marked<[u64; Check::ALL.len()]>);

impl Checks {
    /// Adds an error.
    pub fn add(&mut self, check: Check) {
        self.0.each(|counts| counts[check as usize] += 1);
    }

    /// Removes errors that were none after all.
    pub fn remove(&mut self, check: Check, many: u8) {
        self.0.each(|counts| {
            counts[check as usize] = counts[check as usize].saturating_sub(many.into());
        });
    }

    /// The errors since the last mark, or of the run.
    pub fn get(&self, check: Check, interval: bool) -> u64 {
        self.0.get(interval)[check as usize]
    }

    /// Begins a new interval.
    pub fn mark(&mut self) {
        self.0.mark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_each_check_at_its_place() {
        for (place, check) in Check::ALL.into_iter().enumerate() {
            assert_eq!(check as usize, place, "{}", check.number());
            assert_eq!(check.field(), check.name().to_lowercase());
        }
    }
}
