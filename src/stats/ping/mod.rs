//! The accounts of `mcast ping`: the receivers that answered, and where requests and replies were lost.
//!
//! A reply states how many requests its receiver has received and how many replies it has sent.
//! Both directions are therefore counted apart, without a common clock.

mod figures;
mod hops;
mod requests;
mod session;
mod table;
#[cfg(test)]
mod tests;

pub use figures::Figures;
pub use hops::Hops;
pub use table::{Answer, Receiver, Table, Taken};
