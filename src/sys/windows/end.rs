//! The end of this process by signals.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The signals that request the end.
pub fn end_signals() -> Vec<i32> {
    vec![SIGINT, SIGTERM]
}

/// Makes SIGINT end this process at once if `armed`.
pub fn end_at_second_interrupt(armed: Arc<AtomicBool>) -> io::Result<()> {
    flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, armed)?;
    Ok(())
}
