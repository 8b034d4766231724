//! The measurements of RTP streams: the media clock, jitter in its time, the delay factor, and the
//! delay by a clock that the sender shares.

mod clock;
mod detail;
mod extended;
mod jitter;
mod meter;
mod packet_time;
mod ptp;
mod reports;
mod sessions;
mod transport;
mod ts_df;

pub use clock::{ClockOrigin, MediaClock};
pub use detail::RtpDetail;
pub use extended::ExtendedSequence;
pub use meter::RtpMeter;
pub use ptp::PtpDelay;
pub use reports::SenderReports;
pub use sessions::{Label, Sessions};
pub use transport::Transport;
pub use ts_df::DelayFactor;
