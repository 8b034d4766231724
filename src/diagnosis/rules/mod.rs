//! From facts to findings, in the order of the decision table: the state of this host, arrivals,
//! losses inside this host, the network. Pure functions of the facts.

mod arrival;
mod blind_spots;
mod conclusion;
mod elsewhere;
mod firewall;
mod frames;
mod here;
mod interface;
mod lost;
mod membership;
mod network;
mod path;
mod programs;
mod routers;
mod sender;
mod table;
mod windows_firewall;
mod words;

pub use conclusion::conclusion;
pub use table::{findings, gravest};
