//! The files of `deploy`: units of systemd, manifests of Kubernetes, the container and the
//! dashboard. Each is valid, and each of mcast's commands in them parses.
#![cfg(target_os = "linux")]

mod container;
mod files;
mod grafana;
mod kubernetes;
mod packages;
mod sandbox;
#[allow(dead_code, reason = "the documentation uses the rest")]
#[path = "../docs/shell.rs"]
mod shell;
mod systemd;

#[path = "../lab/mod.rs"]
mod lab;
