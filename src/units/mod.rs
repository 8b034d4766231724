//! Values with a unit: rates, the pace of a sender, receive buffers, and bytes in hex.

pub mod bytes;
pub mod dscp;
mod hash;
pub mod hex;
mod pace;
pub mod printable;
mod random;
mod rate;
pub mod rcvbuf;
mod unix_time;
pub mod words;

pub use hash::hash;
pub use pace::{Pace, Period};
pub use random::random;
pub use rate::Rate;
pub use unix_time::UnixTime;
