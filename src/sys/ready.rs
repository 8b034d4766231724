//! A source that ended a wait.

/// A source that ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The number under which it was registered.
    pub number: u64,
    /// Its other end is closed, or it failed.
    pub hung_up: bool,
}
