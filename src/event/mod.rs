//! The events of a run, which every output format writes, and the JSON that scripts rely on.
//!
//! Field names contain their unit. A value that could not be measured is `null`. Each event is a
//! JSON object with its name in `event`.

mod check;
mod datagram;
mod ifaces;
mod json;
mod kinds;
mod measured;
mod metric;
mod notice;
mod ready;
mod recv;
mod send;
mod spans;
mod stamped;
mod target;
mod totals;

pub use check::{CheckSummary, Checking};
pub use datagram::{Payload, ProbeInfo, ReceivedDatagram, SentDatagram};
pub use ifaces::{AddressInfo, IfacesSummary, InterfaceInfo};
pub use kinds::{Event, Failure, Left};
pub use measured::{
    CountersInfo, HopsInfo, LatenessInfo, MeasuredInfo, RunsInfo, StreamInfo, describe,
};
pub use ready::{Listening, Program, RcvbufInfo, SCHEMA, Sending};
pub use recv::{IntervalReport, RecvCounters, RecvSummary};
pub use send::{SendSummary, TargetTotals};
pub use spans::{Span, spans};
pub use stamped::Stamped;
pub use target::{Excluded, Origin, TargetInfo};
pub use totals::Totals;
