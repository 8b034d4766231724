//! Prepares a stored or piped transport stream for sending: finds its packets, times them by the
//! PCR, and continues its clocks and counters if it repeats. It opens no socket and reads no clock.

mod framing;
mod outline;
mod packets;
mod player;
mod send_clock;
mod splice;
mod timeline;
mod window;

pub use framing::{Detection, Framing};
pub use outline::{Outline, Program};
pub use player::{Datagram, NoPcr, Player};
pub use send_clock::SendClock;
pub use timeline::Ticks;

#[cfg(test)]
mod tests;
