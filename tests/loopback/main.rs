//! Every command over the loopback interface, on any system: Linux, macOS, FreeBSD and Windows.
//!
//! On Linux each test has a namespace with nothing but `lo`. Elsewhere the tests use the loopback
//! interface of the computer, and no datagram leaves it. `MCAST_PROGRAM` names another program to
//! test, for example a released one.

mod captures;
mod commands;
mod computer;
#[cfg(target_os = "linux")]
#[path = "../lab/mod.rs"]
mod lab;
mod measuring;
#[cfg(not(target_os = "linux"))]
#[path = "../lab/process.rs"]
#[allow(dead_code, reason = "the tests with namespaces use the rest")]
mod process;
#[cfg(not(target_os = "linux"))]
#[path = "../lab/schema.rs"]
#[allow(dead_code, reason = "the tests with namespaces use the rest")]
mod schema;
mod traffic;
