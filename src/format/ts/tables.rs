//! The tables that describe a transport stream: PAT and PMT (ISO/IEC 13818-1, 2.4.4), CAT, and the
//! SDT of DVB (EN 300 468, 5.2.3).

use super::text::decode;
use super::{Kind, Section};
use crate::format::fields;

/// The program association table on PID 0.
pub const PAT: u8 = 0x00;
/// The conditional access table on PID 1.
pub const CAT: u8 = 0x01;
/// A program map table.
pub const PMT: u8 = 0x02;
/// The service description table of this stream on PID 0x11.
pub const SDT: u8 = 0x42;

/// A program and the PID of its map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Association {
    /// The program's number, from 1.
    pub program: u16,
    /// The PID of its map.
    pub pid: u16,
}

/// The programs of a PAT section, without the network entry.
pub fn programs<'a>(section: &Section<'a>) -> impl Iterator<Item = Association> + use<'a> {
    let entries = section.body.chunks_exact(4).filter_map(|entry| {
        let (program, pid) = (fields::u16(entry, 0)?, fields::u16(entry, 2)? & 0x1fff);
        Some(Association { program, pid })
    });
    entries.filter(|entry| entry.program != 0)
}

/// An elementary stream of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elementary {
    /// Its PID.
    pub pid: u16,
    /// Its content.
    pub kind: Kind,
}

/// The PID of the PCR and the streams of a PMT section. The PID of a program without a PCR is 0x1fff.
pub fn program_map<'a>(
    section: &Section<'a>,
) -> Option<(u16, impl Iterator<Item = Elementary> + use<'a>)> {
    let pcr_pid = fields::u16(section.body, 0)? & 0x1fff;
    let info = usize::from(fields::u16(section.body, 2)? & 0xfff);
    let mut rest = section.body.get(4..)?.get(info..)?;
    let streams = std::iter::from_fn(move || {
        let (kind, pid) = (fields::u8(rest, 0)?, fields::u16(rest, 1)? & 0x1fff);
        let info = usize::from(fields::u16(rest, 3)? & 0xfff);
        let (descriptors_of_stream, behind) = rest.get(5..)?.split_at_checked(info)?;
        rest = behind;
        Some(Elementary { pid, kind: Kind::of_stream(kind, descriptors(descriptors_of_stream)) })
    });
    Some((pcr_pid, streams))
}

/// A named service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The number of its program.
    pub program: u16,
    /// The name, untrusted.
    pub name: String,
    /// The provider's name, untrusted.
    pub provider: String,
}

/// The services of an SDT section.
pub fn services<'a>(section: &Section<'a>) -> impl Iterator<Item = Service> + use<'a> {
    let mut rest = section.body.get(3..).unwrap_or_default();
    let entries = std::iter::from_fn(move || {
        let program = fields::u16(rest, 0)?;
        let info = usize::from(fields::u16(rest, 3)? & 0xfff);
        let (info, behind) = rest.get(5..)?.split_at_checked(info)?;
        rest = behind;
        Some((program, info))
    });
    entries.filter_map(|(program, info)| {
        // The service descriptor: type, then two texts, each behind its length.
        let (_, content) = descriptors(info).find(|(tag, _)| *tag == 0x48)?;
        let (len, rest) = content.get(1..)?.split_first()?;
        let (provider, rest) = rest.split_at_checked((*len).into())?;
        let (len, rest) = rest.split_first()?;
        let name = rest.get(..(*len).into())?;
        Some(Service { program, name: decode(name), provider: decode(provider) })
    })
}

/// Descriptors: (tag, content).
fn descriptors(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let [tag, len] = fields::bytes(rest, 0)?;
        let (content, behind) = rest.get(2..)?.split_at_checked(len.into())?;
        rest = behind;
        Some((tag, content))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn section(body: &[u8]) -> Section<'_> {
        let (table, extension, version, number, crc) = (0, 1, 0, 0, 0);
        Section { table, extension, version, is_current: true, number, body, crc }
    }

    #[test]
    fn a_pat_leaves_out_the_network() {
        let body = [0, 0, 0xe0, 0x10, 0, 1, 0xf0, 0x00, 0, 2, 0xe1, 0x23];
        let found: Vec<_> = programs(&section(&body)).collect();
        let entry = |program, pid| Association { program, pid };
        assert_eq!(found, [entry(1, 0x1000), entry(2, 0x123)]);
    }

    #[test]
    fn a_pmt_names_its_streams() {
        let mut body = vec![0xe1, 0x00, 0xf0, 0x02, 0x09, 0x00];
        body.extend([0x1b, 0xe1, 0x00, 0xf0, 0x00]);
        body.extend([0x06, 0xe1, 0x01, 0xf0, 0x06, 0x05, 0x04, b'O', b'p', b'u', b's']);
        let section = section(&body);
        let (pcr_pid, streams) = program_map(&section).unwrap();
        let found: Vec<_> = streams.map(|stream| (stream.pid, stream.kind)).collect();
        assert_eq!((pcr_pid, found), (0x100, vec![(0x100, Kind::H264), (0x101, Kind::Opus)]));
    }

    #[test]
    fn an_sdt_names_services_and_providers() {
        let mut body = vec![0, 1, 0xff, 0, 1, 0xfc, 0x80, 13, 0x48, 11, 1, 3];
        body.extend(b"Ars\x05Art\xc1e");
        let found: Vec<_> = services(&section(&body)).collect();
        let (name, provider) = ("Artè".to_owned(), "Ars".to_owned());
        assert_eq!(found, [Service { program: 1, name, provider }]);
    }

    proptest! {
        #[test]
        fn arbitrary_bodies_do_not_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let section = section(&body);
            let _ = (programs(&section).count(), services(&section).count());
            let _ = program_map(&section).map(|(_, streams)| streams.count());
        }
    }
}
