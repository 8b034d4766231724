//! What mcast says to the user beside its results: findings, warnings and advice.

pub mod advice;
pub mod finding;
pub mod interface;
pub mod warning;

pub use advice::Advice;
pub use finding::{Command, Finding, IDS, Level, Place};
pub use warning::{Waiting, Warning};
