//! The state of a receiver, as the sender sees it.

/// The state of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It reports.
    Reporting,
    /// It reported the end of its streams.
    Ended,
    /// It stopped reporting before the end. Its datagrams since the last report are unknown, and
    /// do not count as lost.
    Silent,
    /// It is silent, and a later one reports from the same address.
    Replaced,
}

impl State {
    /// The name in JSON and in text.
    pub fn name(self) -> &'static str {
        match self {
            State::Reporting => "reporting",
            State::Ended => "ended",
            State::Silent => "silent",
            State::Replaced => "replaced",
        }
    }
}
