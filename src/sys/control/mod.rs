//! Control messages (cmsg(3)) as bytes, in the form of each system. Every system compiles the
//! decoders of macOS and FreeBSD: the tests and the fuzzer read their bytes on Linux.

mod bsd;
mod dialect;
mod format;

pub use format::ControlFormat;

#[cfg(any(target_os = "macos", target_os = "freebsd"))]
pub use self::{
    bsd::{read, source},
    dialect::{FREEBSD, MACOS, OWN},
};
