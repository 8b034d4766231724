//! From facts to findings, in the order of the decision table: what this host is like, what came,
//! what was lost inside it, what the network does. Pure: it asks nobody anything.

mod arrival;
mod conclusion;
mod firewall;
mod frames;
mod here;
mod interface;
mod lost;
mod membership;
mod network;
mod path;
mod programs;
mod sender;
mod table;
mod words;

pub use conclusion::conclusion;
pub use table::{findings, gravest};
