//! `mcast recv --read`: a capture in place of the network.

mod clock;
mod loop_over;
mod outcome;
mod places;
mod repeats;
mod run;

pub use run::run;
