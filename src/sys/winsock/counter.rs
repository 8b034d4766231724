//! The performance counter, in which Windows expresses timestamps of datagrams.

use std::sync::OnceLock;

use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};

use crate::sys::control::Reading;
use crate::units::UnixTime;

/// Reads the counter and the clock.
pub fn reading() -> Reading {
    static FREQUENCY: OnceLock<i64> = OnceLock::new();
    Reading::take(*FREQUENCY.get_or_init(frequency), counter, UnixTime::now)
}

fn counter() -> i64 {
    let mut ticks = 0;
    // SAFETY: the system writes into `ticks`, which outlives the call. It never fails.
    unsafe { QueryPerformanceCounter(&raw mut ticks) };
    ticks
}

/// Ticks per second. They do not change while the system runs.
fn frequency() -> i64 {
    let mut frequency = 0;
    // SAFETY: the system writes into `frequency`, which outlives the call. It never fails.
    unsafe { QueryPerformanceFrequency(&raw mut frequency) };
    frequency
}
