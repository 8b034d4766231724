//! The full-screen view of `--live`.

mod unfinished;

pub use unfinished::open;
