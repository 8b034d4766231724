//! The content of a PID.

/// The content of a PID, by its number or by the program map table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The program association table.
    Pat,
    /// The conditional access table.
    Cat,
    /// The network information table.
    Nit,
    /// The service description table.
    Sdt,
    /// The event information table.
    Eit,
    /// The time and date table.
    Tdt,
    /// A program map table.
    Pmt,
    /// A program clock reference without a stream.
    Pcr,
    /// MPEG-1 video.
    Mpeg1Video,
    /// MPEG-2 video.
    Mpeg2Video,
    /// MPEG-4 Part 2 video.
    Mpeg4Video,
    /// H.264 video.
    H264,
    /// H.265 video.
    Hevc,
    /// H.266 video.
    Vvc,
    /// JPEG 2000 or JPEG XS video.
    Jpeg,
    /// MPEG-1 or MPEG-2 audio.
    MpegAudio,
    /// AAC audio.
    Aac,
    /// AC-3 audio.
    Ac3,
    /// Enhanced AC-3 audio.
    Eac3,
    /// AC-4 audio.
    Ac4,
    /// DTS audio.
    Dts,
    /// Opus audio.
    Opus,
    /// Uncompressed audio, SMPTE 302.
    Pcm,
    /// Subtitles.
    Subtitles,
    /// Teletext.
    Teletext,
    /// Splice information, SCTE 35.
    Scte35,
    /// Another elementary stream of a program.
    Data,
    /// Null packets.
    Null,
    /// A PID that no table names.
    #[default]
    Unknown,
}

impl Kind {
    /// The kind of a PID before any table was received (ISO/IEC 13818-1, table 2-3; EN 300 468,
    /// table 1).
    pub fn of_pid(pid: u16) -> Kind {
        match pid {
            0 => Kind::Pat,
            1 => Kind::Cat,
            0x10 => Kind::Nit,
            0x11 => Kind::Sdt,
            0x12 => Kind::Eit,
            0x14 => Kind::Tdt,
            super::NULL_PID => Kind::Null,
            _ => Kind::Unknown,
        }
    }

    /// The kind of an elementary stream by its type (ISO/IEC 13818-1, table 2-34) and its
    /// descriptors: (tag, content).
    pub fn of_stream<'a>(kind: u8, descriptors: impl Iterator<Item = (u8, &'a [u8])>) -> Kind {
        match kind {
            0x01 => Kind::Mpeg1Video,
            0x02 => Kind::Mpeg2Video,
            0x10 => Kind::Mpeg4Video,
            0x1b => Kind::H264,
            0x24 => Kind::Hevc,
            0x33 => Kind::Vvc,
            0x21 | 0x32 => Kind::Jpeg,
            0x03 | 0x04 => Kind::MpegAudio,
            0x0f | 0x11 => Kind::Aac,
            0x81 => Kind::Ac3,
            0x87 => Kind::Eac3,
            0x86 => Kind::Scte35,
            _ => {
                let mut kinds = descriptors.map(Kind::of_descriptor);
                kinds.find(|kind| *kind != Kind::Data).unwrap_or(Kind::Data)
            }
        }
    }

    /// The kind of a private stream by a descriptor (EN 300 468, table 12; SMPTE RA).
    fn of_descriptor((tag, content): (u8, &[u8])) -> Kind {
        match (tag, content) {
            (0x6a, _) | (0x05, [b'A', b'C', b'-', b'3', ..]) => Kind::Ac3,
            (0x7a, _) | (0x05, [b'E', b'A', b'C', b'3', ..]) => Kind::Eac3,
            (0x7f, [0x15, ..]) | (0x05, [b'A', b'C', b'-', b'4', ..]) => Kind::Ac4,
            (0x7b, _) | (0x05, [b'D', b'T', b'S', _, ..]) => Kind::Dts,
            (0x7c, _) => Kind::Aac,
            (0x05, [b'O', b'p', b'u', b's', ..]) => Kind::Opus,
            (0x05, [b'B', b'S', b'S', b'D', ..]) => Kind::Pcm,
            (0x05, [b'H', b'E', b'V', b'C', ..]) => Kind::Hevc,
            (0x05, [b'C', b'U', b'E', b'I', ..]) => Kind::Scte35,
            (0x59, _) => Kind::Subtitles,
            (0x56 | 0x46, _) => Kind::Teletext,
            _ => Kind::Data,
        }
    }

    /// Whether the PID holds audio or video, which never pauses for long.
    pub fn is_media(self) -> bool {
        (Kind::Mpeg1Video..=Kind::Pcm).contains(&self)
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// The name in text.
    pub fn label(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Kind::Pat => ("pat", "PAT"),
            Kind::Cat => ("cat", "CAT"),
            Kind::Nit => ("nit", "NIT"),
            Kind::Sdt => ("sdt", "SDT"),
            Kind::Eit => ("eit", "EIT"),
            Kind::Tdt => ("tdt", "TDT"),
            Kind::Pmt => ("pmt", "PMT"),
            Kind::Pcr => ("pcr", "PCR"),
            Kind::Mpeg1Video => ("mpeg1_video", "MPEG-1 video"),
            Kind::Mpeg2Video => ("mpeg2_video", "MPEG-2 video"),
            Kind::Mpeg4Video => ("mpeg4_video", "MPEG-4 video"),
            Kind::H264 => ("h264", "H.264 video"),
            Kind::Hevc => ("hevc", "HEVC video"),
            Kind::Vvc => ("vvc", "VVC video"),
            Kind::Jpeg => ("jpeg", "JPEG video"),
            Kind::MpegAudio => ("mpeg_audio", "MPEG audio"),
            Kind::Aac => ("aac", "AAC audio"),
            Kind::Ac3 => ("ac3", "AC-3 audio"),
            Kind::Eac3 => ("eac3", "E-AC-3 audio"),
            Kind::Ac4 => ("ac4", "AC-4 audio"),
            Kind::Dts => ("dts", "DTS audio"),
            Kind::Opus => ("opus", "Opus audio"),
            Kind::Pcm => ("pcm", "PCM audio"),
            Kind::Subtitles => ("subtitles", "subtitles"),
            Kind::Teletext => ("teletext", "teletext"),
            Kind::Scte35 => ("scte35", "SCTE 35"),
            Kind::Data => ("data", "data"),
            Kind::Null => ("null", "null packets"),
            Kind::Unknown => ("unknown", "unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_names_a_private_stream() {
        let kind = |descriptor: (u8, &'static [u8])| {
            Kind::of_stream(6, [(0x0a, &b"eng\0"[..]), descriptor].into_iter())
        };
        assert_eq!(kind((0x6a, &[0])), Kind::Ac3);
        assert_eq!(kind((0x59, &[])), Kind::Subtitles);
        assert_eq!(kind((0x05, b"Opus")), Kind::Opus);
        assert_eq!(kind((0x05, b"Op")), Kind::Data);
        assert_eq!(Kind::of_stream(0x1b, [].into_iter()), Kind::H264);
    }

    #[test]
    fn media_is_audio_and_video() {
        assert!(Kind::H264.is_media() && Kind::Opus.is_media() && Kind::Pcm.is_media());
        assert!(!Kind::Pmt.is_media() && !Kind::Pcr.is_media() && !Kind::Subtitles.is_media());
    }
}
