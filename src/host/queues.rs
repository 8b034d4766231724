//! The queues of an interface.

/// A queue of an interface (a qdisc: tc(8)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The kind: `fq_codel`, `tbf`.
    pub kind: String,
    /// The number of waiting packets.
    pub waiting: u32,
    /// The number of dropped packets since its creation.
    pub dropped: u32,
}
