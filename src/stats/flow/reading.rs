//! What became of a datagram of a recognised flow.

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It fits the format.
    Fits {
        /// The number, as the sender counts, if it has one.
        number: Option<u64>,
        /// The delay in ns, if the clocks agree.
        delay: Option<i64>,
    },
    /// It fits, but there are too many streams.
    Untracked,
    /// It does not fit.
    Fails,
}

impl Reading {
    /// A datagram without a number.
    pub const PLAIN: Reading = Reading::Fits { number: None, delay: None };
}
