//! Control messages (cmsg(3)) as bytes, in the form of each system. Every system compiles the
//! decoders of the others: the tests and the fuzzer read their bytes on Linux.

mod ticks;
mod winsock;

#[cfg(windows)]
pub use self::{
    ticks::Reading,
    winsock::{read, source},
};
