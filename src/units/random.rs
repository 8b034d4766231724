//! Numbers that differ from run to run, and sequences of random numbers that a seed repeats.

use std::hash::{BuildHasher, Hasher, RandomState};

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// The standard library seeds its hashes from the system.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A seed that differs from run to run. It has 32 bits, because users type it again to repeat a
/// run.
pub fn random_seed() -> u64 {
    random() >> 32
}

/// A sequence of random numbers by xoshiro256++ (Blackman and Vigna, 2019), which a seed repeats on
/// every system and in every version.
#[derive(Clone, Debug)]
pub struct RandomSequence {
    generator: Xoshiro256PlusPlus,
}

impl RandomSequence {
    /// The sequence with this `number` among those of a seed. They are independent: each begins
    /// 2^128 numbers after the previous one.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        generator.jump_ce(number, 128);
        RandomSequence { generator }
    }

    /// A number from 0 to less than 1, in steps of 2^-53.
    #[inline]
    pub fn fraction(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.generator.next_u64() >> 11) as f64 * STEP
    }

    /// A number below `end`, or 0. The largest `end`, 2^32, biases it by less than 2^-32.
    #[inline]
    pub fn below(&mut self, end: u32) -> u32 {
        ((u128::from(self.generator.next_u64()) * u128::from(end)) >> 64) as u32
    }

    /// Whether an event of this probability occurs.
    #[inline]
    pub fn occurs(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// A number with the exponential distribution and the mean 1; at most 36.8.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        // The fraction is below 1: the logarithm is finite.
        -(-self.fraction()).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: u32 = 100_000;

    #[test]
    fn a_seed_repeats_its_numbers_in_every_version() {
        let mut numbers = RandomSequence::new(7, 0);
        let first: Vec<u64> = (0..3).map(|_| numbers.generator.next_u64()).collect();
        assert_eq!(first, KNOWN);
        assert_eq!(
            RandomSequence::new(7, 3).fraction().to_bits(),
            RandomSequence::new(7, 3).fraction().to_bits()
        );
    }

    /// By the algorithm of the authors: splitmix64 fills the state, then xoshiro256++ runs.
    const KNOWN: [u64; 3] = [0x0e2c_1a00_2aae_913d, 0x2c0f_c8dd_fa4e_9e14, 0xb7b3_11b3_b0d4_5872];

    #[test]
    fn seeds_and_numbers_differ() {
        let mut firsts: Vec<u64> = (0..8)
            .flat_map(|seed| (0..64).map(move |number| RandomSequence::new(seed, number)))
            .map(|mut numbers| numbers.generator.next_u64())
            .collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 8 * 64);
    }

    #[test]
    fn fractions_are_uniform() {
        let mut numbers = RandomSequence::new(1, 0);
        let mut bins = [0_u32; 100];
        for _ in 0..MANY {
            bins[(numbers.fraction() * 100.0) as usize] += 1;
        }
        let expected = f64::from(MANY) / 100.0;
        let chi: f64 = bins.iter().map(|bin| (f64::from(*bin) - expected).powi(2) / expected).sum();
        // 99 degrees of freedom: 99.9 % of all sequences are below.
        assert!(chi < 148.2, "{chi}");
    }

    #[test]
    fn numbers_below_an_end_are_uniform() {
        let mut numbers = RandomSequence::new(2, 0);
        let mut bins = [0_u32; 7];
        for _ in 0..MANY {
            bins[numbers.below(7) as usize] += 1;
        }
        let expected = f64::from(MANY) / 7.0;
        let chi: f64 = bins.iter().map(|bin| (f64::from(*bin) - expected).powi(2) / expected).sum();
        assert!(chi < 22.5, "6 degrees of freedom: {chi}");
        assert_eq!((numbers.below(0), numbers.below(1)), (0, 0));
    }

    #[test]
    fn an_exponential_number_has_its_distribution() {
        let mut numbers = RandomSequence::new(3, 0);
        let mut sorted: Vec<f64> = (0..MANY).map(|_| numbers.exponential()).collect();
        sorted.sort_by(f64::total_cmp);
        let many = f64::from(MANY);
        let distance = sorted.iter().enumerate().map(|(rank, value)| {
            let expected = 1.0 - (-value).exp();
            (expected - rank as f64 / many).abs().max((expected - (rank + 1) as f64 / many).abs())
        });
        // Kolmogorov and Smirnov: 99.9 % of all samples are below 1.95 / sqrt(n).
        let most = distance.fold(0.0, f64::max);
        assert!(most < 1.95 / many.sqrt(), "{most}");
        assert!(sorted[0] >= 0.0 && sorted[sorted.len() - 1].is_finite());
    }

    #[test]
    fn a_probability_of_0_never_occurs_and_1_always() {
        let mut numbers = RandomSequence::new(4, 0);
        assert!((0..1000).all(|_| !numbers.occurs(0.0) && numbers.occurs(1.0)));
    }
}
