//! Judges whether Windows Firewall passes inbound datagrams to a program, from the rules in the
//! registry. Pure.
//!
//! ```text
//! rule      the text of a rule -> its conditions
//! address   one condition on the remote address
//! program   the program that receives
//! judge     the rules and settings of each profile -> a verdict
//! ```
//!
//! A condition that mcast cannot evaluate counts neither as a match nor as a mismatch. A verdict
//! that depends on it is [`Decision::Unclear`].

mod address;
mod judge;
mod program;
mod rule;

#[cfg(test)]
mod tests;

pub use crate::host::{FirewallPolicy, Profile, ProfileSettings, Store, StoredRule};
pub use judge::{Decision, Inbound, NamedRule, ProfileVerdict, judge};
pub use program::Program;
pub use rule::{Action, Rule, Unreadable};
