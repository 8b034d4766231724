//! The programs of a transport stream, by its first tables.

use crate::format::ts::{Kind, NULL_PID, Packet, Section, Sections, tables};

/// The most programs.
const MOST: usize = 256;

const PAT_PID: u16 = 0;
const SDT_PID: u16 = 0x11;

/// A program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Its number.
    pub number: u16,
    /// Its name, untrusted.
    pub name: Option<String>,
    /// The PID of its PCR, if its map arrived and names one.
    pub pcr_pid: Option<u16>,
    /// The contents of its streams.
    pub contents: Vec<Kind>,
    pmt_pid: u16,
    has_map: bool,
}

/// The programs, as far as their tables have arrived. Only the first version of a table counts.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    programs: Vec<Program>,
    /// PIDs with tables.
    sections: Vec<(u16, Sections)>,
}

impl Outline {
    /// The programs in the order of the PAT.
    pub fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// Whether the map of each program has arrived.
    pub fn is_complete(&self) -> bool {
        !self.programs.is_empty() && self.programs.iter().all(|program| program.has_map)
    }

    /// The PID of the PCR of the first program that has one.
    pub fn pcr_pid(&self) -> Option<u16> {
        self.programs.iter().find_map(|program| program.pcr_pid)
    }

    /// Adds a packet in order.
    pub fn add(&mut self, packet: Packet<'_>) {
        let pid = packet.pid();
        let has_table = pid == PAT_PID
            || pid == SDT_PID
            || self.programs.iter().any(|program| program.pmt_pid == pid);
        if !has_table || packet.is_scrambled() {
            return;
        }
        let known = self.sections.iter().position(|(known, _)| *known == pid);
        let place = known.unwrap_or_else(|| {
            self.sections.push((pid, Sections::default()));
            self.sections.len() - 1
        });
        let Some((_, sections)) = self.sections.get_mut(place) else { return };
        let programs = &mut self.programs;
        sections.add(packet.payload(), packet.starts_unit(), |bytes| {
            if let Ok(section) = Section::read(bytes) {
                take(programs, pid, &section);
            }
        });
    }
}

fn take(programs: &mut Vec<Program>, pid: u16, section: &Section<'_>) {
    match (pid, section.table) {
        (PAT_PID, tables::PAT) => {
            for entry in tables::programs(section) {
                let is_new = programs.iter().all(|program| program.number != entry.program);
                if is_new && programs.len() < MOST {
                    let (number, pmt_pid) = (entry.program, entry.pid);
                    programs.push(Program { number, pmt_pid, ..Program::default() });
                }
            }
        }
        (SDT_PID, tables::SDT) => {
            for service in tables::services(section) {
                let program = programs.iter_mut().find(|known| known.number == service.program);
                if let Some(program) = program {
                    program.name.get_or_insert(service.name);
                }
            }
        }
        (_, tables::PMT) => {
            let is_of = |program: &&mut Program| {
                program.pmt_pid == pid && program.number == section.extension && !program.has_map
            };
            let Some(program) = programs.iter_mut().find(is_of) else { return };
            let Some((pcr_pid, streams)) = tables::program_map(section) else { return };
            program.has_map = true;
            program.pcr_pid = (pcr_pid != NULL_PID).then_some(pcr_pid);
            program.contents = streams.map(|stream| stream.kind).collect();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ts::samples::{PMT_PID, VIDEO, Writer, section};

    fn add(outline: &mut Outline, bytes: &[u8]) {
        outline.add(Packet::read(bytes).unwrap());
    }

    #[test]
    fn the_tables_name_programs_and_their_clock() {
        let (mut outline, mut writer) = (Outline::default(), Writer::default());
        let map = writer.pmt();
        add(&mut outline, &map);
        assert!(outline.programs().is_empty(), "no PAT has named the map");
        add(&mut outline, &writer.pat());
        assert!(!outline.is_complete() && outline.pcr_pid().is_none());
        add(&mut outline, &writer.pmt());
        add(&mut outline, &writer.sdt("Name", "Provider"));
        let [program] = outline.programs() else { panic!("{outline:?}") };
        assert_eq!((program.number, program.name.as_deref()), (1, Some("Name")));
        assert_eq!(program.contents, [Kind::H264, Kind::Aac]);
        assert!(outline.is_complete());
        assert_eq!(outline.pcr_pid(), Some(VIDEO));
    }

    #[test]
    fn a_program_without_a_clock_is_passed_over() {
        let (mut outline, mut writer) = (Outline::default(), Writer::default());
        let body = [[0, 1, 0xf0, 0x00], [0, 2, 0xf0, 0x01]].concat();
        add(&mut outline, &writer.section(0, &section(0, 7, &body)));
        let map = |program, pcr: u16| {
            let [high, low] = pcr.to_be_bytes();
            section(2, program, &[0xe0 | high, low, 0xf0, 0])
        };
        add(&mut outline, &writer.section(PMT_PID, &map(1, NULL_PID)));
        assert_eq!(outline.pcr_pid(), None);
        add(&mut outline, &writer.section(PMT_PID + 1, &map(2, 0x222)));
        assert_eq!((outline.pcr_pid(), outline.is_complete()), (Some(0x222), true));
    }
}
