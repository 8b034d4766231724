//! Socket options that the system may lack.

use tracing::debug;

/// Ignores the failure of an option that the system may lack. Returns whether it was set.
pub(super) fn degrade(option: &str, result: std::io::Result<()>) -> bool {
    result
        .inspect_err(|error| debug!(option, %error, "cannot set the option; continuing without it"))
        .is_ok()
}
