//! The numbers before the first one of a sequence.

/// The received numbers below the first one, by their distance from it.
#[derive(Clone, Debug, Default)]
pub(super) struct Early {
    pub(super) count: u64,
    pub(super) bits: Vec<u64>,
}

impl Early {
    /// Whether the distance needs no more memory.
    pub(super) fn fits(&self, distance: u64) -> bool {
        ((distance / 64) as usize) < self.bits.len()
    }

    pub(super) fn has(&self, distance: u64) -> bool {
        self.bits
            .get((distance / 64) as usize)
            .is_some_and(|word| word & (1 << (distance % 64)) != 0)
    }

    /// Adds a distance, which is below [`WINDOW`]. Returns whether it is new.
    pub(super) fn take(&mut self, distance: u64) -> bool {
        let (word, bit) = ((distance / 64) as usize, 1 << (distance % 64));
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        let new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        self.count += u64::from(new);
        new
    }
}
