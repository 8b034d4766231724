//! Warnings and notes of a benchmark.

use std::net::{IpAddr, SocketAddr};

use super::{Id, Level, Notice};
use crate::units::words::count;

/// `bench join` captures no frames.
pub fn no_frames() -> Notice {
    let what = "without CAP_NET_RAW, mcast measures joins from the call, and measures no leaves";
    Notice::new(Level::Note, Id::NoFrames, what).remedy(
        "run mcast with sudo to measure from the membership report on the wire, and to the last \
         frame after a leave",
    )
}

/// A receiver sent no report on a trial.
pub fn vanished(receiver: IpAddr, left: usize) -> Notice {
    let what = format!(
        "{receiver} no longer reports and is left out; {}",
        match left {
            0 => "no receiver is left".to_owned(),
            left => format!("the trial is repeated with {}", count(left as u64, "receiver")),
        }
    );
    Notice::new(Level::Warning, Id::ReceiverSilent, what)
        .remedy("check that mcast recv --reply still runs there, and start the benchmark again")
}

/// The sender is on the receiving host.
pub fn local_sender(source: SocketAddr) -> Notice {
    let what = format!(
        "the sender {source} is on this host: the kernel delivers its datagrams without the network"
    );
    Notice::new(Level::Warning, Id::LocalSender, what)
        .remedy("send from another host to measure the network")
}
