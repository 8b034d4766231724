//! Protocols that mcast names and does not measure.
//!
//! [`by_content`] names a datagram by its content, if chance is out of the question.
//! [`by_content_at`] also accepts weaker signs, at the usual port of a protocol. [`by_port`] only
//! states what usually uses a port.

mod discovery;
mod industry;
mod media;
mod messaging;
mod name;
mod place;
mod protocol;
mod routing;
mod table;
mod text;

pub use name::Name;
pub use table::{all, by_content, by_content_at, by_port};
