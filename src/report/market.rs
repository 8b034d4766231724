//! Market data in text: the messages of each session.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::event::{MarketInfo, StreamInfo};
use crate::format::market::by_name;
use crate::units::words::count;

/// `MoldUDP64 from 10.0.0.5:4000 to 239.1.1.1:5000, session DAY1:` and a line below.
pub fn block(stream: &StreamInfo, market: &MarketInfo, out: &mut dyn Write) -> io::Result<()> {
    let title = by_name(stream.format).map_or("market data", |preset| preset.title);
    write!(
        out,
        "{title} from {} to {}",
        stream.source,
        SocketAddr::new(stream.group, stream.port)
    )?;
    if let Some(session) = &market.session {
        write!(out, ", session {session}")?;
    }
    let MarketInfo { messages, messages_lost, heartbeats, asides, .. } = market;
    write!(out, ":\n  {}", count(*messages, "message"))?;
    let datagrams = stream.counters.datagrams;
    if datagrams > 0 && *messages > 0 {
        write!(out, " ({:.1} per datagram)", *messages as f64 / datagrams as f64)?;
    }
    if let Some(lost) = messages_lost {
        write!(out, ", {lost} lost")?;
    }
    write!(out, ", {}", count(*heartbeats, "heartbeat"))?;
    if *asides > 0 {
        write!(out, ", {} outside of the sequence", count(*asides, "datagram"))?;
    }
    writeln!(out)
}
