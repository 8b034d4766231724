//! The datagrams of a trial: one to each group, several times.

use std::ops::Range;
use std::time::Duration;

use crate::commands::send::{Length, Source, Supply};
use crate::format::probe::{Probe, ProbeKind, Writer};
use crate::host;
use crate::input::{Input, InputError};
use crate::units::{UnixTime, random};

/// Supplies the datagrams of a trial: rounds over all groups, one datagram after another. A burst to
/// all of them would overflow queues.
pub struct GroupSource {
    writer: Writer,
    probe: Probe,
    payload: Vec<u8>,
    /// The TTL or hop limit of each group.
    ttls: Vec<u8>,
    rounds: u64,
    position: usize,
}

impl GroupSource {
    /// Supplies `rounds` datagrams of `size` bytes to each group.
    pub fn new(size: u16, ttls: Vec<u8>, rounds: u64) -> Self {
        let writer = Writer::new(size);
        let probe = Probe {
            kind: ProbeKind::Data,
            reply_wanted: false,
            report_wanted: false,
            synchronised: host::is_synchronised(),
            stream: random(),
            sequence: 0,
            sent: 0,
            ttl: 0,
            traffic_class: 0,
            host: host::host_id(),
        };
        GroupSource { payload: vec![0; writer.len()], writer, probe, ttls, rounds, position: 0 }
    }

    /// The stream id of all groups.
    pub fn stream(&self) -> u64 {
        self.probe.stream
    }
}

impl Source for GroupSource {
    fn fill(&mut self, _elapsed: Duration) -> Result<Supply, InputError> {
        if self.probe.sequence >= self.rounds {
            return Ok(Supply::End);
        }
        self.probe.ttl = self.ttls[self.position];
        self.probe.sent = u64::try_from(UnixTime::now().nanos()).unwrap_or(0);
        self.writer.write(&self.probe, &mut self.payload);
        Ok(Supply::Ready)
    }

    fn payload(&self) -> &[u8] {
        &self.payload
    }

    fn endpoints(&self) -> Option<Range<usize>> {
        Some(self.position..self.position + 1)
    }

    fn length(&self) -> Length {
        let datagrams = self.rounds.saturating_mul(self.ttls.len() as u64);
        Length { datagrams: Some(datagrams), duration: None }
    }

    fn advance(&mut self) {
        self.position += 1;
        if self.position == self.ttls.len() {
            (self.position, self.probe.sequence) = (0, self.probe.sequence + 1);
        }
    }

    fn input(&self) -> Option<&Input> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::probe::{self, Reading};

    #[test]
    fn each_group_has_its_datagrams_in_turn() {
        let mut source = GroupSource::new(64, vec![1, 2, 3], 2);
        let mut sent = Vec::new();
        while source.fill(Duration::ZERO).unwrap() == Supply::Ready {
            let Reading::Probe(probe) = probe::read(source.payload(), false) else {
                panic!("no probe");
            };
            assert_eq!(probe.stream, source.stream());
            sent.push((source.endpoints().unwrap().start, probe.sequence, probe.ttl));
            source.advance();
        }
        let expected = [(0, 0, 1), (1, 0, 2), (2, 0, 3), (0, 1, 1), (1, 1, 2), (2, 1, 3)];
        assert_eq!(sent, expected);
        assert_eq!(source.length().datagrams, Some(6));
    }
}
