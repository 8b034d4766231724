//! How to recognise and measure the streams of other senders.

use std::net::IpAddr;

use crate::format::kind::Choice;

/// How to recognise and measure the streams of other senders.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The choice of `--format`.
    pub choice: Choice,
    /// The media clock of RTP streams in Hz, if the user states it.
    pub rtp_clock: Option<u32>,
    /// The user states that the senders' clocks agree with this host's.
    pub trust_clock: bool,
    /// The addresses of this host: a sender with one of them uses the same clock.
    pub local: Vec<IpAddr>,
}
