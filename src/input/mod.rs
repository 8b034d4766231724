//! What the user hands over: standard input and files, read without missing a signal.

mod place;
mod standard;
mod stream;

pub use place::Place;
pub use standard::{StandardInput, read_whole};
pub use stream::{Input, InputError};
