//! Judges the effect of this host's firewall on one multicast flow, from the output of `nft -j list
//! ruleset`.
//!
//! ```text
//! parse     JSON -> tables, chains, rules, sets   (listing: details in the text of `nft -a list ruleset`)
//! judge     the path of a packet through chains   (matching: one condition; packet: its known properties)
//! words     a rule in a form close to nft's syntax
//! ```
//!
//! A condition that mcast cannot evaluate counts neither as a match nor as a mismatch. A drop that
//! depends on it is not [`DropRule::certain`].

mod judge;
mod listing;
mod matching;
mod packet;
mod parse;
mod ruleset;
mod tri;
mod verdict;
mod words;

#[cfg(test)]
mod membership_tests;
#[cfg(test)]
mod tests;

pub use ruleset::Ruleset;
pub(in crate::diagnosis) use tri::Tri;
pub use verdict::{Carries, DropRule, Flow, Hook, Way};
