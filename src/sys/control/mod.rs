//! Control messages (cmsg(3)) as bytes, in the form of each system. Every system compiles the
//! decoders of the others: the tests and the fuzzer read their bytes on Linux.

mod bsd;
mod dialect;
mod format;
#[cfg_attr(not(windows), allow(dead_code, reason = "only Windows counts ticks"))]
mod ticks;
mod winsock;

pub use format::ControlFormat;

#[cfg(any(target_os = "macos", target_os = "freebsd"))]
pub use self::{
    bsd::{read, source},
    dialect::{FREEBSD, MACOS, OWN},
};
#[cfg(windows)]
pub use self::{
    ticks::Reading,
    winsock::{read, source},
};
