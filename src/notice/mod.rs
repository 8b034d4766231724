//! Messages to the user that are no results: advice, warnings and findings.

pub mod advice;
pub mod bench;
pub mod capture;
mod id;
pub mod input;
pub mod interface;
pub mod live;
mod message;
pub mod ping;
pub mod receive;
pub mod scan;
pub mod send;
pub mod shared;

pub use id::Id;
pub use message::{Level, Notice, Place, ShellCommand, System, Variant, Where};
