//! Why multicast does, or does not, arrive: facts, the rules that read them, and the firewall's
//! rules as a datagram meets them.

mod explain;
pub mod facts;
pub mod firewall;
mod rules;
pub mod snapshot;

pub use explain::{Baseline, Found, Looking, Question};
pub use facts::{
    Asked, Facts, Firewall, Flow, Frames, Heard, Leg, LegKind, Link, Membership, Path, Queries,
    Rights, STREAM, SelfTest, Stopped, SystemLimits,
};
pub use rules::{conclusion, findings};
