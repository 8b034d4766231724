//! Capture files, laid out by their specifications.

/// A capture in a byte order, as it grows.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub big_endian: bool,
    pub bytes: Vec<u8>,
}

/// The blocks of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketBlock {
    Enhanced,
    Simple,
    Old,
}

/// A pcap file. The magic number decides on the resolution and the length of record headers.
pub fn pcap(big_endian: bool, magic: u32, link_type: u32) -> File {
    let mut file = File { big_endian, bytes: Vec::new() };
    file.u32(magic);
    file.u16(2);
    file.u16(4);
    for number in [0, 0, 262_144, link_type] {
        file.u32(number);
    }
    file
}

impl File {
    fn u16(&mut self, number: u16) {
        let bytes = if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    pub fn u32(&mut self, number: u32) {
        let bytes = if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    fn u64(&mut self, number: u64) {
        let bytes = if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    /// A record of pcap, with `more` bytes behind the header.
    pub fn record(&mut self, time: (u32, u32), more: usize, frame: &[u8], original: usize) {
        for number in [time.0, time.1, frame.len() as u32, original as u32] {
            self.u32(number);
        }
        self.bytes.resize(self.bytes.len() + more, 0x5a);
        self.bytes.extend(frame);
    }

    /// A block with any content.
    pub fn block(&mut self, kind: u32, content: impl FnOnce(&mut File)) {
        let mut body = File { big_endian: self.big_endian, bytes: Vec::new() };
        content(&mut body);
        body.pad();
        let len = 12 + body.bytes.len() as u32;
        self.u32(kind);
        self.u32(len);
        self.bytes.extend(body.bytes);
        self.u32(len);
    }

    /// Begins a section.
    pub fn section(&mut self, big_endian: bool) {
        self.big_endian = big_endian;
        self.block(0x0a0d_0d0a, |block| {
            block.u32(0x1a2b_3c4d);
            block.u16(1);
            block.u16(0);
            block.u64(u64::MAX);
            block.option(4, b"mcast");
            block.option(0, b"");
        });
    }

    /// Describes an interface. `resolution` is the value of `if_tsresol`, `offset` that of
    /// `if_tsoffset`.
    pub fn interface(&mut self, link_type: u16, snap: u32, resolution: Option<u8>, offset: i64) {
        self.block(1, |block| {
            block.u16(link_type);
            block.u16(0);
            block.u32(snap);
            block.option(2, b"eth0");
            if let Some(resolution) = resolution {
                block.option(9, &[resolution]);
            }
            if offset != 0 {
                let mut value = File { big_endian: block.big_endian, bytes: Vec::new() };
                value.u64(offset as u64);
                block.option(14, &value.bytes);
            }
            block.option(0, b"");
        });
    }

    /// A packet of an interface, and its flags in an enhanced block.
    pub fn packet(
        &mut self,
        kind: PacketBlock,
        interface: u16,
        ticks: u64,
        frame: &[u8],
        (original, flags): (usize, Option<u32>),
    ) {
        let number = match kind {
            PacketBlock::Old => 2,
            PacketBlock::Simple => 3,
            PacketBlock::Enhanced => 6,
        };
        self.block(number, |block| {
            match kind {
                PacketBlock::Simple => {
                    block.u32(original as u32);
                    block.bytes.extend(frame);
                    return;
                }
                PacketBlock::Old => {
                    block.u16(interface);
                    block.u16(u16::MAX);
                }
                PacketBlock::Enhanced => block.u32(interface.into()),
            }
            let (high, low) = ((ticks >> 32) as u32, ticks as u32);
            for number in [high, low, frame.len() as u32, original as u32] {
                block.u32(number);
            }
            block.bytes.extend(frame);
            block.pad();
            if let Some(flags) = flags {
                let mut value = File { big_endian: block.big_endian, bytes: Vec::new() };
                value.u32(flags);
                block.option(2, &value.bytes);
            }
        });
    }

    /// An option of a block.
    pub fn option(&mut self, code: u16, value: &[u8]) {
        self.u16(code);
        self.u16(value.len() as u16);
        self.bytes.extend(value);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}
