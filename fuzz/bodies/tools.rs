//! Arbitrary bytes as datagrams of test tools, lighting, clocks and named protocols.

#[path = "numbers.rs"]
mod numbers;

use std::net::{IpAddr, Ipv4Addr};

use mcast::format::kind::How;
use mcast::format::names::{self, Name};
use mcast::format::{artnet, iperf, mcjoin, mgen, msend, ptp, sacn, sockperf};
use mcast::units::UnixTime;

use self::numbers::check_numbered;

/// Reads the bytes in each format.
///
/// # Panics
/// If a number does not fit its field, or a name contradicts its evidence.
pub fn run(bytes: &[u8]) {
    let (port, payload) = match bytes.split_first_chunk() {
        Some((port, payload)) => (u16::from_le_bytes(*port), payload),
        None => (0, bytes),
    };
    tools(payload);
    fields(payload);
    name(payload, port);
}

fn tools(payload: &[u8]) {
    if let Some(read) = iperf::read(payload) {
        check_numbered(&read.numbered(), read.generation.numbering(), payload);
        assert!(!read.is_plausible(UnixTime::from_nanos(i64::MAX)));
    }
    if let Some(read) = mgen::read(payload) {
        check_numbered(&read.numbered(), mgen::NUMBERING, payload);
    }
    if let Some(read) = sockperf::read(payload) {
        check_numbered(&read.numbered(), sockperf::NUMBERING, payload);
    }
    if let Some(read) = mcjoin::read(payload) {
        check_numbered(&read.numbered(), mcjoin::NUMBERING, payload);
    }
    if let Some(read) = msend::read(payload) {
        check_numbered(&read.numbered(), msend::NUMBERING, payload);
    }
}

fn fields(payload: &[u8]) {
    if let Some(read) = sacn::read(payload) {
        check_numbered(&read.numbered(), sacn::NUMBERING, payload);
    }
    if let Some(read) = artnet::read(payload) {
        check_numbered(&read.numbered(), artnet::NUMBERING, payload);
    }
    if let Some(read) = ptp::read(payload) {
        check_numbered(&read.numbered(), ptp::NUMBERING, payload);
        assert!(!read.message.name().is_empty());
    }
}

fn name(payload: &[u8], port: u16) {
    let group: IpAddr = Ipv4Addr::new(239, 255, 0, 1).into();
    let alone = names::by_content(payload);
    let here = names::by_content_at(payload, group, port);
    assert!(alone.is_none() || here.is_some(), "{alone:?} is not found at port {port}");
    let found = [alone, here].into_iter().flatten();
    for Name { id, title, how, .. } in found {
        assert!(*how != How::Port && !id.is_empty() && !title.is_empty());
    }
    assert!(names::by_port(group, port).is_none_or(|name| name.how == How::Port));
}
