//! A source that ended a wait.

/// A source that ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Its number.
    pub number: u64,
    /// It has lost its other end, or failed.
    pub hung_up: bool,
}
