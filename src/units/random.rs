//! Numbers that differ from run to run.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The standard library seeds its hashes from the system.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
