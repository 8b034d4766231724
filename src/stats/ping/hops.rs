//! The number of routers on a path, from the TTLs of datagrams.

/// The fewest and the most routers on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hops {
    /// The fewest.
    pub min: u8,
    /// The most.
    pub max: u8,
}

impl Hops {
    /// The routers between a TTL as sent and as received; `None` if one is unknown, or if the TTL
    /// grew on the way.
    pub fn between(sent: Option<u8>, received: Option<u8>) -> Option<u8> {
        sent.filter(|ttl| *ttl > 0)?.checked_sub(received?)
    }

    /// Adds one path to those that are known.
    pub fn add(known: Option<Hops>, hops: Option<u8>) -> Option<Hops> {
        Hops::merge(known, hops.map(|hops| Hops { min: hops, max: hops }))
    }

    /// The paths of both.
    pub fn merge(one: Option<Hops>, other: Option<Hops>) -> Option<Hops> {
        let both = |one: Hops, other: Hops| Hops {
            min: one.min.min(other.min),
            max: one.max.max(other.max),
        };
        one.into_iter().chain(other).reduce(both)
    }
}
