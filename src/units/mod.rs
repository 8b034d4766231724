//! Values with a unit: rates, the pace and the shape of a sender's traffic, receive buffers, and bytes in hex.

pub mod bytes;
pub mod dscp;
mod file_limit;
mod hash;
pub mod hex;
pub mod order;
mod pace;
pub mod printable;
mod random;
mod rate;
pub mod rcvbuf;
mod schedule;
mod shape;
mod speed;
mod unix_time;
pub mod words;

pub use file_limit::FileLimit;
pub use hash::hash;
pub use pace::{Pace, Period};
pub use random::{RandomSequence, random, random_seed};
pub use rate::Rate;
pub use schedule::Schedule;
pub use shape::Shape;
pub use speed::{Speed, SpeedError};
pub use unix_time::UnixTime;
