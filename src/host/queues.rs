//! The queues that datagrams wait in before an interface.

/// A queue before an interface (a qdisc: tc(8)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Its kind: `fq_codel`, `tbf`.
    pub kind: String,
    /// How many packets wait in it.
    pub waiting: u32,
    /// How many packets it has dropped since it was set up.
    pub dropped: u32,
}
