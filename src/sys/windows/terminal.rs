//! The terminal.

/// Always true: Windows has no background processes on a console.
pub fn stderr_is_foreground() -> bool {
    true
}

/// Always true: Windows does not report whether a write to a console would block.
pub fn stderr_is_writable() -> bool {
    true
}
