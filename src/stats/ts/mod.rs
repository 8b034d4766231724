//! The measurements of MPEG transport streams.

mod checks;
mod continuity;
mod copies;
mod figures;
mod fingerprint;
mod jitter;
mod marked;
mod mdi;
mod meter;
mod order;
mod packets;
mod pcr;
mod pids;
mod rate;
mod sync;
mod tables;

pub use checks::{Check, Checks};
pub use figures::{Mdi, PidFigures, ProgramFigures, TsFigures};
pub use marked::Spread;
pub use meter::{TsMeter, TsOrder};

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
