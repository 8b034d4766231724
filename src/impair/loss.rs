//! Models of loss.

use crate::units::RandomSequence;

/// A model of loss; all values are probabilities from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LossModel {
    /// Each datagram is lost with this probability, independent of the others.
    Independent(f64),
    /// The model of Gilbert and Elliott, as netem's `loss gemodel`: a path is in a good or in a bad
    /// state, and may change it after each datagram.
    Gilbert {
        /// The probability of the change from good to bad: `p`.
        to_bad: f64,
        /// The probability of the change from bad to good: `r`.
        to_good: f64,
        /// The loss in the bad state: `1-h`.
        in_bad: f64,
        /// The loss in the good state: `1-k`.
        in_good: f64,
    },
}

impl LossModel {
    /// Losses with this mean probability, in bursts with a mean length, at least 1. `None` if the
    /// mean length is too short for a probability this high.
    pub fn bursts(loss: f64, length: f64) -> Option<Self> {
        let to_good = 1.0 / length;
        let to_bad = loss * to_good / (1.0 - loss);
        (loss < 1.0 && to_bad <= 1.0).then_some(LossModel::Gilbert {
            to_bad,
            to_good,
            in_bad: 1.0,
            in_good: 0.0,
        })
    }

    /// The mean share of lost datagrams.
    pub fn mean(self) -> f64 {
        match self {
            LossModel::Independent(loss) => loss,
            LossModel::Gilbert { in_bad, in_good, .. } => {
                let bad = self.bad_share();
                bad * in_bad + (1.0 - bad) * in_good
            }
        }
    }

    /// The share of datagrams in the bad state.
    fn bad_share(self) -> f64 {
        match self {
            LossModel::Independent(_) => 0.0,
            LossModel::Gilbert { to_bad, to_good, .. } => to_bad / (to_bad + to_good),
        }
    }
}

/// The losses of one path.
#[derive(Clone, Debug)]
pub(super) struct Losses {
    model: LossModel,
    numbers: RandomSequence,
    is_bad: bool,
}

impl Losses {
    /// The path is in the bad state with the probability of the long run: also the first datagrams
    /// have the mean loss.
    pub(super) fn new(model: LossModel, mut numbers: RandomSequence) -> Self {
        let is_bad = numbers.occurs(model.bad_share());
        Losses { model, numbers, is_bad }
    }

    /// Whether the next datagram is lost.
    pub(super) fn next(&mut self) -> bool {
        match self.model {
            LossModel::Independent(loss) => self.numbers.occurs(loss),
            LossModel::Gilbert { to_bad, to_good, in_bad, in_good } => {
                let (loss, change) =
                    if self.is_bad { (in_bad, to_good) } else { (in_good, to_bad) };
                let is_lost = self.numbers.occurs(loss);
                self.is_bad ^= self.numbers.occurs(change);
                is_lost
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 400_000;

    /// The lengths of the runs of losses.
    fn runs(model: LossModel, seed: u64) -> Vec<usize> {
        let mut losses = Losses::new(model, RandomSequence::new(seed, 1));
        let (mut runs, mut run) = (Vec::new(), 0);
        for _ in 0..MANY {
            if losses.next() {
                run += 1;
            } else if run > 0 {
                runs.push(std::mem::take(&mut run));
            }
        }
        runs
    }

    fn share(runs: &[usize]) -> f64 {
        runs.iter().sum::<usize>() as f64 / MANY as f64
    }

    #[test]
    fn independent_losses_have_their_mean_and_geometric_runs() {
        for loss in [0.001, 0.01, 0.1, 0.5] {
            let runs = runs(LossModel::Independent(loss), 5);
            let error = 3.3 * (loss * (1.0 - loss) / MANY as f64).sqrt();
            assert!((share(&runs) - loss).abs() < error, "{loss}: {}", share(&runs));
            // The mean length of a run is 1 / (1 - p), its variance p / (1 - p)^2.
            let mean = runs.iter().sum::<usize>() as f64 / runs.len() as f64;
            let error = 3.3 * loss.sqrt() / (1.0 - loss) / (runs.len() as f64).sqrt();
            assert!((mean - 1.0 / (1.0 - loss)).abs() < error, "{loss}: runs of {mean}");
        }
    }

    #[test]
    fn bursts_have_their_mean_loss_and_length() {
        for (loss, length) in [(0.01, 5.0), (0.05, 2.0), (0.2, 20.0), (0.3, 1.5)] {
            let model = LossModel::bursts(loss, length).unwrap();
            assert!((model.mean() - loss).abs() < 1e-12);
            let runs = runs(model, 6);
            let mean = runs.iter().sum::<usize>() as f64 / runs.len() as f64;
            let error = 3.3 * (length * (length - 1.0)).sqrt() / (runs.len() as f64).sqrt();
            assert!((mean - length).abs() < error, "{loss} {length}: runs of {mean}");
            // Correlated losses vary more than independent ones.
            let error = 3.3 * (loss * 2.0 * length / MANY as f64).sqrt();
            assert!((share(&runs) - loss).abs() < error, "{loss} {length}: {}", share(&runs));
        }
    }

    #[test]
    fn a_gilbert_elliott_path_has_the_losses_of_both_states() {
        let model = LossModel::Gilbert { to_bad: 0.02, to_good: 0.1, in_bad: 0.6, in_good: 0.01 };
        let mean = 0.6 / 6.0 + 0.01 * 5.0 / 6.0;
        assert!((model.mean() - mean).abs() < 1e-12);
        let share = share(&runs(model, 7));
        assert!((share - mean).abs() < 0.004, "{share}");
    }

    #[test]
    fn impossible_bursts_are_refused() {
        assert_eq!(LossModel::bursts(0.6, 1.0), None);
        assert_eq!(LossModel::bursts(1.0, 5.0), None);
        assert!(LossModel::bursts(0.5, 1.0).is_some());
    }
}
