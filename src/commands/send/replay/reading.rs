//! Reads datagrams of a capture while its interfaces stay readable.

use std::io::Read;

use super::capture_copies::Doubled;
use crate::capture::{Captured, ReadError, Reader};

/// The next datagram of a reader, with its payload in `payload`: the interfaces of the reader can
/// then be read, too.
pub fn next_datagram<R: Read>(
    reader: &mut Reader<R>,
    payload: &mut Vec<u8>,
) -> Result<Option<Captured<'static>>, ReadError> {
    Ok(reader.next_datagram()?.map(|captured| {
        payload.clear();
        payload.extend_from_slice(captured.payload);
        Captured { payload: &[], ..captured }
    }))
}

/// The names of the interfaces that captured the same datagrams; none if it is one interface.
pub fn names<R: Read>(doubled: Doubled, reader: &Reader<R>) -> Vec<String> {
    let Doubled::Interfaces(first, second) = doubled else { return Vec::new() };
    let names = [first, second].map(|interface| {
        let name = reader.interfaces().get(interface).and_then(|of| of.name.clone());
        name.unwrap_or_else(|| format!("interface {interface}"))
    });
    names.to_vec()
}
