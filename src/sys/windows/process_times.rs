//! The CPU time of this process, by GetProcessTimes.

use std::time::Duration;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessTimes};

/// The CPU time of this process in user and kernel mode; `None` if the system does not report it.
pub fn process_time() -> Option<Duration> {
    let [mut created, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: the pseudo handle is always valid, and the pointers lead to local variables of the
    // right type, which outlive the call.
    let done = unsafe {
        GetProcessTimes(GetCurrentProcess(), &mut created, &mut ended, &mut kernel, &mut user)
    };
    (done != 0).then(|| duration(kernel) + duration(user))
}

/// A FILETIME that holds a duration has units of 100 ns.
fn duration(time: FILETIME) -> Duration {
    let units = u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    Duration::from_nanos(units.saturating_mul(100))
}
