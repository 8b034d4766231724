//! Why multicast does, or does not, arrive: facts, the rules that read them, and the firewall's
//! rules as a datagram meets them.

mod changes;
mod explain;
pub mod facts;
pub mod firewall;
mod flows;
mod rules;
pub mod snapshot;
pub mod windows_firewall;

pub use changes::{CurrentFindings, FindingChanges};
pub use explain::{Baseline, Diagnosing, Found, Request};
pub use facts::{
    CheckedTarget, Facts, FirewallFacts, FlowFacts, FrameFacts, IgnoredAfterLeave, Leg, LegKind,
    LinkFacts, MembershipFacts, Path, PimRouter, Queries, Rights, STREAM, SelfTestFacts,
    SenderFacts, Stopped, SystemLimits, WindowsFirewallFacts,
};
pub use flows::Martian;
pub use rules::{conclusion, findings};
