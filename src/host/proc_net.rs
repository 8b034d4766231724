//! The tables in /proc/net.

use std::fs::File;
use std::io::Read;

/// Most tables are shorter: they take one call, and another one that finds their end.
const USUAL: usize = 16 * 1024;

/// The bytes of a table of this network namespace (Linux: /proc/net). The name of an interface may
/// not be UTF-8.
pub(super) fn read_table(name: &str) -> Option<Vec<u8>> {
    // Wine shows the tables of the Linux below it.
    if cfg!(windows) {
        return None;
    }
    let path = format!("/proc/thread-self/net/{name}");
    let read = || {
        let mut bytes = Vec::with_capacity(USUAL);
        // Without a capacity, a file whose size is shown as 0 is read in small pieces.
        File::open(&path)?.read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    read().inspect_err(|error| tracing::debug!(path, %error, "cannot read")).ok()
}
