//! A block of lines for each stream: the measurements that only its format has.

use std::io::{self, Write};

use super::market;
use super::rtp;
use super::senders;
use super::ts;
use crate::event::StreamInfo;

/// Writes the blocks of the streams that have one.
pub fn write(streams: &[StreamInfo], out: &mut dyn Write) -> io::Result<()> {
    streams.iter().try_for_each(|stream| write_one(stream, out))
}

/// Writes the block of a stream, if it has one.
pub fn write_one(stream: &StreamInfo, out: &mut dyn Write) -> io::Result<()> {
    if let Some(of) = &stream.detail.rtp {
        rtp::block(stream, of, out)?;
    }
    if let Some(of) = &stream.detail.ts {
        ts::block(stream, of, out)?;
    }
    if let Some(of) = &stream.detail.market {
        market::block(stream, of, out)?;
    }
    senders::block(stream, out)
}
