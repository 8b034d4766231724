//! The options of pcapng blocks (draft-ietf-opsawg-pcapng, 3.5).

use super::order::ByteOrder;

const END: u16 = 0;

/// The options of a block, as (code, value). They end before an option that exceeds the block.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    pub order: ByteOrder,
    pub bytes: &'a [u8],
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.order.u16_at(self.bytes, 0).filter(|code| *code != END)?;
        let len = usize::from(self.order.u16_at(self.bytes, 2)?);
        let (value, rest) = self.bytes.get(4..)?.split_at_checked(len)?;
        // Each value is padded to 32 bits.
        self.bytes = rest.get(len.wrapping_neg() % 4..).unwrap_or_default();
        Some((code, value))
    }
}
