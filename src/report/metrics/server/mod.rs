//! The HTTP server of the metrics: one thread, bounded in everything.
//!
//! No ready server fits. `tiny_http` has no maintainer and starts a thread for each connection; the
//! servers on `hyper` need an async runtime, which mcast does not have. `httparse` reads the
//! requests, and `mio` waits for the sockets of every system.

mod pages;
mod pool;
mod thread;

#[cfg(test)]
pub use pages::Pages;
pub use thread::Server;
