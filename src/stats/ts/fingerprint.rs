//! Fingerprints of payloads, by which a copy is recognised. They protect against chance, not
//! against forgery.

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The bytes that the lanes take together.
const BLOCK: usize = 32;

/// Four lanes, which run in parallel.
#[derive(Clone, Copy)]
struct Lanes(u64, u64, u64, u64);

impl Lanes {
    #[inline(always)]
    fn add(self, block: &[u8; BLOCK]) -> Lanes {
        let word = |at: usize| {
            let bytes = block.get(at..).and_then(|rest| rest.first_chunk());
            u64::from_le_bytes(bytes.copied().unwrap_or_default())
        };
        let step = |lane: u64, word: u64| (lane ^ word).wrapping_mul(FACTOR).rotate_left(29);
        let Lanes(one, two, three, four) = self;
        Lanes(step(one, word(0)), step(two, word(8)), step(three, word(16)), step(four, word(24)))
    }
}

/// The fingerprint of the payload of a packet.
#[inline]
pub fn of_payload(payload: &[u8]) -> u64 {
    let mut lanes = Lanes(1, 2, 3, 4);
    let mut rest = payload;
    while let Some((block, behind)) = rest.split_first_chunk() {
        lanes = lanes.add(block);
        rest = behind;
    }
    if !rest.is_empty() {
        // The last block overlaps the one before, which is cheaper than a shorter one.
        lanes = match payload.last_chunk() {
            Some(block) => lanes.add(block),
            None => lanes.add(&padded(payload)),
        };
    }
    let Lanes(one, two, three, four) = lanes;
    let halves = mix(one.rotate_left(17) ^ two, three.rotate_left(31) ^ four);
    mix(halves, payload.len() as u64)
}

/// Adds a value to a fingerprint.
#[inline]
pub fn mix(print: u64, value: u64) -> u64 {
    let print = (print ^ value).wrapping_mul(FACTOR);
    print ^ print >> 32
}

fn padded(payload: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block.iter_mut().zip(payload).for_each(|(to, from)| *to = *from);
    block
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_byte_and_the_length_count() {
        let mut seen = HashSet::new();
        for len in [0, 1, 8, 31, 32, 150, 184] {
            let mut payload = vec![0; len];
            assert!(seen.insert(of_payload(&payload)));
            for at in 0..len {
                payload[at] = 1;
                assert!(seen.insert(of_payload(&payload)), "{len} {at}");
                payload[at] = 0;
            }
        }
    }
}
