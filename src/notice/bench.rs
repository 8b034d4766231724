//! Warnings and notes of a benchmark.

use std::net::SocketAddr;

use super::{Id, Level, Notice};

/// `bench join` captures no frames.
pub fn no_frames() -> Notice {
    let what = "without CAP_NET_RAW, mcast measures joins from the call, and measures no leaves";
    Notice::new(Level::Note, Id::NoFrames, what).remedy(
        "run mcast with sudo to measure from the membership report on the wire, and to the last \
         frame after a leave",
    )
}

/// The sender is on the receiving host.
pub fn local_sender(source: SocketAddr) -> Notice {
    let what = format!(
        "the sender {source} is on this host: the kernel delivers its datagrams without the network"
    );
    Notice::new(Level::Warning, Id::LocalSender, what)
        .remedy("send from another host to measure the network")
}
