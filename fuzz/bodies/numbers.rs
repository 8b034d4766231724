//! The invariants of the numbers that a decoder reads.

use mcast::format::numbered::{Content, Numbered, Numbering};

/// The numbers must be below the modulus, and a datagram holds no more numbers than bytes.
pub fn check_numbered(numbered: &Numbered, numbering: Numbering, payload: &[u8]) {
    let fits = |number: u64| numbering.modulus.is_none_or(|modulus| number < modulus.get());
    match numbered.content {
        Content::Data { first, count } => {
            assert!(fits(first) && count > 0, "{numbered:?} of {numbering:?}");
            assert!(count <= payload.len() as u64, "{numbered:?} in {} bytes", payload.len());
        }
        Content::Heartbeat { next } => assert!(fits(next), "{numbered:?} of {numbering:?}"),
        Content::End { .. } | Content::Aside => {}
    }
}
