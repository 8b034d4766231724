//! The tables of a stream: its programs, the kinds of its PIDs, its service names, and how often
//! each table arrives.

use super::checks::{Check, Checks};
use super::marked::{Marked, Spread};
use super::pids::Pids;
use crate::format::ts::tables::{CAT, PAT, PMT, SDT, Service};
use crate::format::ts::{Kind, Packet, Section, SectionError, Sections, tables};
use crate::units::UnixTime;

/// The most programs and the most services.
const MOST: usize = 256;

/// PAT and PMT arrive at least this often, in nanoseconds (TR 101 290, 1.3 and 1.5).
const LONGEST: i64 = 500_000_000;

/// The CAT of scrambled streams, and the PIDs of a program, occur at least this often, in
/// nanoseconds. The standard leaves the choice to the user.
const LONGEST_ABSENCE: i64 = 5_000_000_000;

/// Audio and video have a presentation timestamp at least this often, in nanoseconds (TR 101 290,
/// 2.5).
pub const LONGEST_WITHOUT_PTS: i64 = 700_000_000;

/// A program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its number.
    pub number: u16,
    /// The PID of its map.
    pub pmt_pid: u16,
    /// The PID of its PCR, once its map has arrived.
    pub pcr_pid: Option<u16>,
    /// The checksum of its map, which changes with its content.
    crc: Option<u32>,
    timing: Timing,
}

/// The tables of a stream.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    sections: Vec<Sections>,
    programs: Vec<Program>,
    services: Vec<Service>,
    pat_seen: Seen,
    sdt_seen: Seen,
    pat_timing: Timing,
    cat_timing: Timing,
    /// The interval between two PATs in nanoseconds.
    pub pat_interval: Marked<Spread>,
    /// The interval between two maps of one program in nanoseconds.
    pub pmt_interval: Marked<Spread>,
}

/// The sections of the current version of a table that have been read.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    version: Option<(u16, u8)>,
    numbers: [u64; 4],
}

impl Seen {
    /// Whether the section is new, and whether its version is.
    fn add(&mut self, section: &Section<'_>) -> (bool, bool) {
        let version = Some((section.extension, section.version));
        let is_new_version = self.version != version;
        if is_new_version {
            *self = Seen { version, numbers: [0; 4] };
        }
        let word = &mut self.numbers[usize::from(section.number / 64)];
        let is_new = *word & 1 << (section.number % 64) == 0;
        *word |= 1 << (section.number % 64);
        (is_new, is_new_version)
    }
}

/// When a table arrived.
#[derive(Clone, Copy, Debug, Default)]
struct Timing {
    last: UnixTime,
    has_arrived: bool,
    is_overdue: bool,
}

impl Timing {
    fn start(time: UnixTime) -> Self {
        Timing { last: time, ..Timing::default() }
    }

    /// Notes an arrival. Returns the time since the previous one.
    fn arrive(&mut self, time: UnixTime) -> Option<i64> {
        let span = self.has_arrived.then(|| time.since(self.last).max(0));
        *self = Timing { last: time, has_arrived: true, is_overdue: false };
        span
    }

    /// Whether the table is overdue, once for each absence.
    fn becomes_overdue(&mut self, now: UnixTime, longest: i64) -> bool {
        let is_late = !self.is_overdue && now.since(self.last) > longest;
        self.is_overdue |= is_late;
        is_late
    }
}

/// What the tables of a packet may change.
pub struct Context<'a> {
    /// The arrival.
    pub time: UnixTime,
    /// Memory for new PIDs is available.
    pub may_grow: bool,
    /// The PIDs, whose kinds the tables state.
    pub pids: &'a mut Pids,
    /// The checks.
    pub checks: &'a mut Checks,
}

impl Tables {
    /// The tables of a stream that begins now.
    pub fn starting_at(time: UnixTime) -> Self {
        let (pat_timing, cat_timing) = (Timing::start(time), Timing::start(time));
        Tables { pat_timing, cat_timing, ..Tables::default() }
    }

    /// The programs in the order of their PAT.
    pub fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// The name and provider of a program.
    pub fn service(&self, program: u16) -> Option<&Service> {
        self.services.iter().find(|service| service.program == program)
    }

    /// Adds a packet of a PID with tables. `is_broken`: packets are missing before it.
    pub fn take(&mut self, packet: Packet<'_>, kind: Kind, is_broken: bool, of: &mut Context<'_>) {
        if packet.is_scrambled() {
            match kind {
                Kind::Pat => of.checks.add(Check::Pat),
                Kind::Pmt => of.checks.add(Check::Pmt),
                _ => {}
            }
            return;
        }
        let Some(place) = self.place(packet.pid(), of) else { return };
        // Taken out, since a section changes the other tables.
        let Some(mut sections) = self.sections.get_mut(place).map(std::mem::take) else { return };
        if is_broken {
            sections.reset();
        }
        sections.add(packet.payload(), packet.starts_unit(), |section| {
            self.section(kind, packet.pid(), section, of);
        });
        if let Some(slot) = self.sections.get_mut(place) {
            *slot = sections;
        }
    }

    /// Counts the tables, PIDs and timestamps that are overdue.
    pub fn check_absences(&mut self, pids: &mut Pids, checks: &mut Checks, now: UnixTime) {
        if self.pat_timing.becomes_overdue(now, LONGEST) {
            checks.add(Check::Pat);
        }
        for program in &mut self.programs {
            if program.timing.becomes_overdue(now, LONGEST) {
                checks.add(Check::Pmt);
            }
        }
        let mut is_scrambled = false;
        for pid in pids.iter_mut() {
            is_scrambled |= pid.counters.scrambled > 0;
            let is_permanent =
                pid.program.is_some() && (pid.kind.is_media() || pid.kind == Kind::Pcr);
            if !is_permanent {
                continue;
            }
            if !pid.is_overdue && now.since(pid.last) > LONGEST_ABSENCE {
                pid.is_overdue = true;
                checks.add(Check::Pid);
            }
            let since_pts = pid.last_pts.map(|last| now.since(last));
            if !pid.is_pts_overdue && since_pts.is_some_and(|since| since > LONGEST_WITHOUT_PTS) {
                pid.is_pts_overdue = true;
                checks.add(Check::Pts);
            }
        }
        if is_scrambled && self.cat_timing.becomes_overdue(now, LONGEST_ABSENCE) {
            checks.add(Check::Cat);
        }
    }

    /// Begins a new interval.
    pub fn mark(&mut self) {
        self.pat_interval.mark();
        self.pmt_interval.mark();
    }

    /// The heap memory in bytes.
    pub fn bytes(&self) -> usize {
        let names = self.services.iter().map(|service| service.name.len() + service.provider.len());
        let partial = self.sections.iter().map(Sections::bytes);
        size_of::<Sections>() * self.sections.capacity()
            + size_of::<Program>() * self.programs.capacity()
            + size_of::<Service>() * self.services.capacity()
            + names.sum::<usize>()
            + partial.sum::<usize>()
    }

    /// The place of a PID's reassembly. Fixed PIDs and the maps of 256 programs have one.
    fn place(&mut self, pid: u16, of: &mut Context<'_>) -> Option<usize> {
        let position = of.pids.position(pid, of.time, false)?;
        let pid = of.pids.at(position)?;
        if pid.sections.is_none() && of.may_grow && self.sections.len() < MOST + 8 {
            pid.sections = u16::try_from(self.sections.len()).ok();
            self.sections.push(Sections::default());
        }
        pid.sections.map(usize::from)
    }

    fn section(&mut self, kind: Kind, pid: u16, bytes: &[u8], of: &mut Context<'_>) {
        let section = match Section::read(bytes) {
            Ok(section) => section,
            Err(SectionError::Crc) => return of.checks.add(Check::Crc),
            Err(SectionError::Syntax) => return,
        };
        match (kind, section.table) {
            (Kind::Pat, PAT) => self.pat(&section, of),
            (Kind::Pat, _) => of.checks.add(Check::Pat),
            (Kind::Pmt, PMT) => self.pmt(&section, pid, of),
            (Kind::Cat, CAT) => {
                self.cat_timing.arrive(of.time);
            }
            (Kind::Cat, _) => of.checks.add(Check::Cat),
            (Kind::Sdt, SDT) => self.sdt(&section, of),
            _ => {}
        }
    }

    fn pat(&mut self, section: &Section<'_>, of: &mut Context<'_>) {
        if section.number == 0 {
            if self.pat_timing.becomes_overdue(of.time, LONGEST) {
                of.checks.add(Check::Pat);
            }
            if let Some(span) = self.pat_timing.arrive(of.time) {
                self.pat_interval.each(|interval| interval.add(span));
            }
        }
        if !section.is_current || !of.may_grow {
            return;
        }
        let (is_new, is_new_version) = self.pat_seen.add(section);
        if is_new_version {
            self.programs.clear();
            for pid in of.pids.iter_mut() {
                (pid.kind, pid.program) = (Kind::of_pid(pid.pid), None);
            }
        }
        if !is_new {
            return;
        }
        for entry in tables::programs(section) {
            if self.programs.len() >= MOST {
                break;
            }
            self.programs.push(Program {
                number: entry.program,
                pmt_pid: entry.pid,
                pcr_pid: None,
                crc: None,
                timing: Timing::start(of.time),
            });
            name(entry.pid, Kind::Pmt, entry.program, of);
        }
    }

    fn pmt(&mut self, section: &Section<'_>, pid: u16, of: &mut Context<'_>) {
        let is_named =
            |program: &&mut Program| program.number == section.extension && program.pmt_pid == pid;
        let Some(program) = self.programs.iter_mut().find(is_named) else { return };
        if program.timing.becomes_overdue(of.time, LONGEST) {
            of.checks.add(Check::Pmt);
        }
        if let Some(span) = program.timing.arrive(of.time) {
            self.pmt_interval.each(|interval| interval.add(span));
        }
        if !section.is_current || !of.may_grow || program.crc == Some(section.crc) {
            return;
        }
        let Some((pcr_pid, streams)) = tables::program_map(section) else { return };
        (program.crc, program.pcr_pid) = (Some(section.crc), Some(pcr_pid));
        let number = program.number;
        for pid in of.pids.iter_mut() {
            if pid.program == Some(number) && pid.kind != Kind::Pmt {
                (pid.kind, pid.program) = (Kind::of_pid(pid.pid), None);
            }
        }
        for stream in streams {
            name(stream.pid, stream.kind, number, of);
        }
        name(pcr_pid, Kind::Pcr, number, of);
    }

    fn sdt(&mut self, section: &Section<'_>, of: &mut Context<'_>) {
        if !section.is_current || !of.may_grow {
            return;
        }
        let (is_new, is_new_version) = self.sdt_seen.add(section);
        if is_new_version {
            self.services.clear();
        }
        if is_new {
            let free = MOST.saturating_sub(self.services.len());
            self.services.extend(tables::services(section).take(free));
        }
    }
}

/// Notes the content of a PID, unless it has one.
fn name(pid: u16, kind: Kind, program: u16, of: &mut Context<'_>) {
    if Kind::of_pid(pid) != Kind::Unknown {
        return;
    }
    let Some(position) = of.pids.position(pid, of.time, of.may_grow) else { return };
    let Some(pid) = of.pids.at(position).filter(|pid| pid.kind == Kind::Unknown) else { return };
    (pid.kind, pid.program) = (kind, Some(program));
    (pid.last, pid.is_overdue, pid.last_pts) = (of.time, false, None);
}
