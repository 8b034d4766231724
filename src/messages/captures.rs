//! Captures: those that cannot be read, and the records that are left out.

use super::page::Page;
use std::path::PathBuf;

use crate::capture::{Damage, Foreign, Format, ReadError, Reason};

pub fn page() -> Page {
    let reasons =
        [Reason::NotIp, Reason::NotUdp, Reason::Cut, Reason::Fragments, Reason::Malformed];
    let named = (0..300).map(Reason::LinkType).filter(|reason| reason.to_string().contains('('));
    let further = [Reason::LinkType(300), Reason::OtherLinkTypes];
    let reasons = reasons.into_iter().chain(named).chain(further);
    let left_out: String = reasons.map(|reason| format!("12 {reason}\n")).collect();
    let unread = unread().into_iter().map(refused);
    Page { title: "captures", samples: unread.chain([left_out]).collect() }
}

fn refused(error: ReadError) -> String {
    let tip = error
        .tip("mcast recv --read", &PathBuf::from("FILE").into())
        .map(|tip| format!("\n  tip: {tip}"));
    format!("error: cannot read 'FILE': {error}{}", tip.unwrap_or_default())
}

fn unread() -> Vec<ReadError> {
    let begins: [&[u8]; 10] = [
        b"\x1f\x8b\x08\x08",
        b"PK\x03\x04",
        b"snoop\0\0\0",
        b"0000  01 00 5e 01 01 01",
        b"12:00:01.5 IP 10.0.0.5.5000 > 239.1.1.1.5000: UDP, length 64",
        &[0x47; 400],
        b"HCPX\x04\0\0\0",
        b"\x7fELF\x02\x01",
        b"\x01",
        b"\0\0\0\0\0\xf1\x53\x65\x02\x04\0\x60\0\0\0\x50",
    ];
    let damages = [
        Damage::Header,
        Damage::RecordLength(305_419_896),
        Damage::Zeroes,
        Damage::BlockLength(30),
        Damage::TrailingLength(32, 0),
        Damage::ByteOrder,
        Damage::BlockContent,
        Damage::Interface(2),
    ];
    let mut unread = vec![ReadError::Empty];
    unread.extend(begins.map(|bytes| ReadError::Foreign(Foreign::recognise(bytes))));
    unread.push(ReadError::Version { format: Format::Pcap, major: 2, minor: 3 });
    unread.push(ReadError::Version { format: Format::Pcapng, major: 2, minor: 0 });
    unread.extend(damages.map(|damage| ReadError::Damaged { position: 1440, damage }));
    unread.extend([ReadError::TooManyInterfaces(65_536), ReadError::Pause]);
    unread
}
