//! The synchronisation to packets (TR 101 290, 1.1): two wrong sync bytes in a row lose it, five
//! right ones regain it.

/// This many wrong sync bytes in a row lose the synchronisation.
const WRONG: u8 = 2;

/// This many right sync bytes in a row regain it.
const RIGHT: u8 = 5;

/// The state of the synchronisation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sync {
    is_lost: bool,
    /// The sync bytes in a row that contradict the state.
    against: u8,
}

impl Sync {
    /// Adds a sync byte. Returns whether the synchronisation is lost with it.
    #[inline]
    pub fn add(&mut self, is_right: bool) -> bool {
        if is_right != self.is_lost {
            self.against = 0;
            return false;
        }
        self.against += 1;
        if self.against < if self.is_lost { RIGHT } else { WRONG } {
            return false;
        }
        *self = Sync { is_lost: !self.is_lost, against: 0 };
        self.is_lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_wrong_ones_lose_it_and_five_right_ones_regain_it() {
        let losses = |bytes: &str| {
            let mut sync = Sync::default();
            bytes.chars().filter(|byte| sync.add(*byte == 'G')).count()
        };
        assert_eq!(losses("GGxGGxG"), 0);
        assert_eq!(losses("GGxxGGGG"), 1);
        assert_eq!(losses("xxGGGGxx"), 1, "not regained in between");
        assert_eq!(losses("xxGGGGGxx"), 2);
    }
}
