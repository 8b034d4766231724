//! Sections of tables, reassembled from the packets of a PID (ISO/IEC 13818-1, 2.4.4).

use crate::format::fields;

/// The longest section in bytes: a header of 3 bytes and a length of at most 4093.
const LONGEST: usize = 4096;

/// The header of a section with the long syntax in bytes.
const HEADER: usize = 8;

/// A value of `table_id` that is stuffing: no section follows.
const STUFFING: u8 = 0xff;

/// A section with the long syntax and a valid checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The table.
    pub table: u8,
    /// The program, service or stream that the table describes.
    pub extension: u16,
    /// The version, 5 bits.
    pub version: u8,
    /// The table applies now, and not only later.
    pub is_current: bool,
    /// The number of this section in its table.
    pub number: u8,
    /// The content, without header and checksum.
    pub body: &'a [u8],
    /// The checksum, which changes with the content.
    pub crc: u32,
}

/// The reason why a section is unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionError {
    /// The checksum is wrong.
    Crc,
    /// It has no checksum, or is too short for one.
    Syntax,
}

impl<'a> Section<'a> {
    /// Reads a whole section.
    pub fn read(bytes: &'a [u8]) -> Result<Self, SectionError> {
        let (rest, crc) = bytes.split_last_chunk().ok_or(SectionError::Syntax)?;
        let (header, body) = rest.split_first_chunk::<HEADER>().ok_or(SectionError::Syntax)?;
        if header[1] & 0x80 == 0 {
            return Err(SectionError::Syntax);
        }
        if crc32(rest) != u32::from_be_bytes(*crc) {
            return Err(SectionError::Crc);
        }
        Ok(Section {
            table: header[0],
            extension: u16::from_be_bytes([header[3], header[4]]),
            version: header[5] >> 1 & 0x1f,
            is_current: header[5] & 1 == 1,
            number: header[6],
            body,
            crc: u32::from_be_bytes(*crc),
        })
    }
}

/// Reassembles the sections of one PID. A section of one packet is not copied.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    /// The beginning of an unfinished section.
    partial: Vec<u8>,
}

impl Sections {
    /// Adds the payload of a packet in order, and calls `take` with the bytes of each whole section.
    /// `starts`: a section begins in this payload.
    pub fn add(&mut self, payload: &[u8], starts: bool, mut take: impl FnMut(&[u8])) {
        if !starts {
            if !self.partial.is_empty() {
                self.extend(payload, &mut take);
            }
            return;
        }
        let Some((pointer, rest)) = payload.split_first() else { return };
        let Some((before, mut rest)) = rest.split_at_checked((*pointer).into()) else {
            return self.reset();
        };
        if !self.partial.is_empty() {
            self.extend(before, &mut take);
            self.partial.clear();
        }
        while rest.first().is_some_and(|table| *table != STUFFING) {
            match length(rest).and_then(|len| rest.split_at_checked(len)) {
                Some((section, behind)) => {
                    take(section);
                    rest = behind;
                }
                None => {
                    self.partial.extend_from_slice(rest);
                    return;
                }
            }
        }
    }

    /// Forgets an unfinished section: packets of it are missing.
    pub fn reset(&mut self) {
        self.partial.clear();
    }

    /// The heap memory in bytes, at most 8 KiB.
    pub fn bytes(&self) -> usize {
        self.partial.capacity()
    }

    fn extend(&mut self, payload: &[u8], take: &mut impl FnMut(&[u8])) {
        self.partial.extend_from_slice(payload);
        if let Some(section) = length(&self.partial).and_then(|len| self.partial.get(..len)) {
            take(section);
            self.partial.clear();
        } else if self.partial.len() >= LONGEST {
            self.partial.clear();
        }
    }
}

/// The length of a section in bytes, by its header.
fn length(bytes: &[u8]) -> Option<usize> {
    Some(3 + usize::from(fields::u16(bytes, 1)? & 0xfff))
}

/// CRC-32/MPEG-2: polynomial 0x04C11DB7, all ones at the start, no reflection.
pub fn crc32(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(u32::MAX, |crc, byte| crc << 8 ^ CRC_TABLE[usize::from((crc >> 24) as u8 ^ byte)])
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut value = 0;
    while value < 256 {
        let (mut crc, mut bit) = ((value as u32) << 24, 0);
        while bit < 8 {
            crc = if crc & 1 << 31 == 0 { crc << 1 } else { crc << 1 ^ 0x04c1_1db7 };
            bit += 1;
        }
        table[value] = crc;
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn section(table: u8, body: &[u8]) -> Vec<u8> {
        let len = (body.len() + 9) as u16 | 0xb000;
        let mut bytes = vec![table];
        bytes.extend(len.to_be_bytes());
        bytes.extend([0x12, 0x34, 0xc3, 1, 2]);
        bytes.extend(body);
        let crc = crc32(&bytes);
        bytes.extend(crc.to_be_bytes());
        bytes
    }

    /// The payloads of packets that carry the sections one after another.
    fn payloads(sections: &[Vec<u8>]) -> Vec<(Vec<u8>, bool)> {
        let mut payloads = Vec::new();
        for section in sections {
            let mut first = vec![0];
            first.extend(&section[..section.len().min(183)]);
            payloads.push((first, true));
            for part in section.get(183..).unwrap_or_default().chunks(184) {
                payloads.push((part.to_vec(), false));
            }
            if let Some((last, _)) = payloads.last_mut() {
                last.resize(184, 0xff);
            }
        }
        payloads
    }

    fn collect(payloads: &[(Vec<u8>, bool)]) -> Vec<Vec<u8>> {
        let (mut sections, mut found) = (Sections::default(), Vec::new());
        for (payload, starts) in payloads {
            sections.add(payload, *starts, |section| found.push(section.to_vec()));
        }
        found
    }

    #[test]
    fn the_checksum_is_crc_32_mpeg_2() {
        // The check value of the CRC catalogues.
        assert_eq!(crc32(b"123456789"), 0x0376_e6e7);
        let whole = section(2, &[5, 6]);
        assert_eq!(crc32(&whole), 0, "over a section with its checksum");
    }

    #[test]
    fn a_section_has_its_fields() {
        let bytes = section(2, &[5, 6, 7]);
        let read = Section::read(&bytes).unwrap();
        assert_eq!((read.table, read.extension, read.version), (2, 0x1234, 1));
        assert_eq!((read.is_current, read.number, read.body), (true, 1, &[5, 6, 7][..]));
        let mut broken = bytes.clone();
        broken[9] ^= 1;
        assert_eq!(Section::read(&broken), Err(SectionError::Crc));
        assert_eq!(Section::read(&bytes[..11]), Err(SectionError::Syntax));
        broken[1] = 0x30;
        assert_eq!(Section::read(&broken), Err(SectionError::Syntax), "the short syntax");
    }

    #[test]
    fn two_sections_share_a_packet() {
        let (one, two) = (section(2, &[1]), section(2, &[2; 170]));
        let mut first = vec![0];
        first.extend(&one);
        first.extend(&two[..184 - 1 - one.len()]);
        let rest = two[184 - 1 - one.len()..].to_vec();
        let mut second = vec![rest.len() as u8];
        second.extend(&rest);
        second.resize(184, 0xff);
        assert_eq!(collect(&[(first, true), (second, true)]), [one, two]);
    }

    #[test]
    fn a_lost_packet_loses_one_section_only() {
        let sections = [section(2, &[1; 500]), section(2, &[2; 500])];
        let mut sent = payloads(&sections);
        sent.remove(1);
        let mut whole = Sections::default();
        let mut found = Vec::new();
        for (index, (payload, starts)) in sent.iter().enumerate() {
            if index == 1 {
                whole.reset();
            }
            whole.add(payload, *starts, |section| found.push(section.to_vec()));
        }
        assert_eq!(found, sections[1..]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut sections = Sections::default();
        sections.add(&[0, 2, 0xbf, 0xff], true, |_| {});
        for _ in 0..1000 {
            sections.add(&[7; 184], false, |_| {});
        }
        assert!(sections.bytes() <= 8192);
    }

    proptest! {
        #[test]
        fn written_sections_are_read_again(
            bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..1000), 0..5),
        ) {
            let sections: Vec<_> = bodies.iter().map(|body| section(0x42, body)).collect();
            let found = collect(&payloads(&sections));
            prop_assert!(found.iter().all(|section| Section::read(section).is_ok()));
            prop_assert_eq!(found, sections);
        }

        #[test]
        fn arbitrary_payloads_do_not_panic(
            payloads in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 0..184), any::<bool>()), 0..60),
        ) {
            let mut sections = Sections::default();
            for (payload, starts) in &payloads {
                sections.add(payload, *starts, |section| {
                    let _ = Section::read(section);
                });
                prop_assert!(sections.bytes() <= 2 * LONGEST);
            }
        }
    }
}
