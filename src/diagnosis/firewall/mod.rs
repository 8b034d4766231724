//! What this host's firewall does with the datagrams of one multicast flow, judged from what `nft
//! -j list ruleset` prints.
//!
//! ```text
//! parse     JSON -> tables, chains, rules, sets           (listing: what only the text of `nft -a list ruleset` tells)
//! judge     a packet walks the chains of its way           (matching: one condition; packet: what is known of the datagram)
//! words     a rule in words near to nft's own
//! ```
//!
//! What cannot be known is neither taken as a match nor as none: a drop that hangs on it is not
//! [`DropRule::certain`].

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
pub use verdict::{Carries, DropRule, Flow, Hook, Way};
