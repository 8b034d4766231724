//! The answers of a receiver: when it may send them, to whom, and what they state. Nothing here
//! sends or reads a clock.

mod delayed;
mod limiter;
mod recipients;
pub mod reporter;
mod requesters;
mod withheld;

pub use delayed::{Delayed, is_of_share, random_delay};
pub use limiter::Limiter;
pub use recipients::Recipients;
pub use requesters::{RequesterKey, Requesters, Seen};
pub use withheld::{Reason, Withheld};
