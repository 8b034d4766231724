//! Facts made by hand, for the texts about this host and the path: `rules/{arrival, conclusion, here, interface, path, programs, sender}`.

use crate::diagnosis::Facts;

/// Facts, each with a name.
pub fn facts() -> Vec<(String, Facts)> {
    Vec::new()
}
