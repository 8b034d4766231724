//! The metrics of redundant pairs.

/// A measured quantity of redundant pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PairMetric {
    /// Datagrams or messages that arrived on neither side.
    Lost,
    /// Datagrams or messages that did not arrive on side A.
    LostA,
    /// Datagrams or messages that did not arrive on side B.
    LostB,
    /// The median time between the arrivals on both sides.
    SkewP50,
    /// The 99th percentile of that time.
    SkewP99,
    /// The longest one.
    SkewMax,
}
