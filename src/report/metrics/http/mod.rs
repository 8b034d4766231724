//! The part of HTTP/1.1 (RFC 9112) that a scrape needs, without sockets.

mod accept;
mod connection;
mod request;
mod response;

pub use accept::prefers_openmetrics;
pub use connection::{Connection, Progress};
pub use request::{MOST_HEAD, Method, Parsed, Request, parse};
pub use response::{Response, Status};
