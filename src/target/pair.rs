//! The two targets of a redundant pair.

use std::str::FromStr;

use super::{Target, TargetError, TargetRange};

/// Two targets that carry the same stream, or two ranges of as many targets each, which are pairs
/// in their order: `239.1.1.1:5000,239.2.1.1:5000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetPair {
    /// The targets of side A.
    pub a: TargetRange,
    /// The targets of side B.
    pub b: TargetRange,
}

/// The reason why a text is no pair of targets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// There is no comma, or more than one.
    #[error("must be two targets with a comma between them: 239.1.1.1:5000,239.2.1.1:5000")]
    NotTwo,
    /// A target does not parse.
    #[error("side {side}: {error}")]
    Target {
        /// `A` or `B`.
        side: char,
        /// The reason.
        error: TargetError,
    },
    /// A target is any address of this host.
    #[error("side {0}: an address is missing; for example 239.1.1.1:5000")]
    Any(char),
    /// Both sides are equal.
    #[error("both sides are {0}; a pair needs two targets or two sources")]
    Equal(TargetRange),
    /// The ranges differ in length.
    #[error("side A has {a} targets and side B has {b}; both need the same number")]
    Lengths {
        /// The targets of A.
        a: u64,
        /// The targets of B.
        b: u64,
    },
}

impl TargetPair {
    /// The pairs of single targets, in their order.
    pub fn targets(&self) -> impl Iterator<Item = (Target, Target)> + '_ {
        self.a.targets().zip(self.b.targets())
    }
}

impl FromStr for TargetPair {
    type Err = PairError;

    fn from_str(text: &str) -> Result<Self, PairError> {
        let (a, b) = text.split_once(',').ok_or(PairError::NotTwo)?;
        if b.contains(',') {
            return Err(PairError::NotTwo);
        }
        let side = |side, text: &str| {
            let range: TargetRange =
                text.trim().parse().map_err(|error| PairError::Target { side, error })?;
            if range.is_any() { Err(PairError::Any(side)) } else { Ok(range) }
        };
        let (a, b) = (side('A', a)?, side('B', b)?);
        if a == b {
            return Err(PairError::Equal(a));
        }
        if a.count() != b.count() {
            return Err(PairError::Lengths { a: a.count(), b: b.count() });
        }
        Ok(TargetPair { a, b })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TargetPair, PairError> {
        text.parse()
    }

    #[test]
    fn ranges_are_pairs_in_their_order() {
        let pair = read("239.1.1.1+2:5000, 10.0.0.5@232.1.1.1+2:5001").expect("a pair");
        let pairs: Vec<_> = pair.targets().map(|(a, b)| (a.group, a.port, b.group)).collect();
        let addresses = |text: &str| text.parse::<std::net::IpAddr>().expect("an address");
        assert_eq!(
            pairs,
            [
                (addresses("239.1.1.1"), 5000, addresses("232.1.1.1")),
                (addresses("239.1.1.2"), 5000, addresses("232.1.1.2")),
            ]
        );
    }

    #[test]
    fn one_group_from_two_sources_is_a_pair() {
        assert!(read("10.0.0.5@232.1.1.1:5000,10.0.1.5@232.1.1.1:5000").is_ok());
    }

    #[test]
    fn no_pair_is_refused() {
        for text in ["", "239.1.1.1:5000", "239.1.1.1,239.1.1.2,239.1.1.3"] {
            assert_eq!(read(text), Err(PairError::NotTwo), "{text}");
        }
        assert!(matches!(read("239.1.1.1,x y"), Err(PairError::Target { side: 'B', .. })));
        assert!(matches!(read("239.1.1.1:5000,239.1.1.1:5000"), Err(PairError::Equal(_))));
        assert_eq!(read("*:5000,239.1.1.1:5000"), Err(PairError::Any('A')));
        assert_eq!(read("239.1.1.1+2,239.1.2.1+3"), Err(PairError::Lengths { a: 2, b: 3 }));
    }
}
