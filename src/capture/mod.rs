//! Capture files: UDP datagrams in and out of pcap and pcapng.
//!
//! [`Reader`] returns the UDP datagrams of a capture, whatever its link layer, and counts the
//! records that it leaves out ([`Omitted`]). [`Writer`] builds a pcapng file of received datagrams.

mod buffer;
mod captured;
mod checksum;
mod error;
mod foreign;
mod interfaces;
mod ip;
mod link;
mod link_names;
mod omitted;
mod options;
mod order;
mod pcap;
mod pcapng;
mod reader;
mod reassembly;
mod records;
mod resolution;
mod tunnel;
mod writing;

pub use captured::{Captured, Checksum, Interface};
pub use error::{Damage, Format, ReadError};
pub use foreign::Foreign;
pub use omitted::{Omitted, Reason};
pub use reader::Reader;
pub use writing::{About, Recorded, Writer, whole_blocks};
