//! Tests of the documentation: mcast accepts each command, each option, id, link and anchor exists,
//! the snippets parse, and the examples that need only `lo` run.

mod commands;
mod forms;
mod ids;
mod limits;
mod links;
mod page;
mod promises;
mod shell;
mod snippets;

#[cfg(target_os = "linux")]
#[path = "../lab/mod.rs"]
mod lab;
#[cfg(target_os = "linux")]
mod on_a_host;
