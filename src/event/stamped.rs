//! Events with their time.

use std::time::SystemTime;

use serde::{Serialize, Serializer};

use super::json::some_rfc3339;
use super::{Event, ReceivedDatagram, SentDatagram};

/// An event with the time of its report. A datagram has its own time instead.
#[derive(Debug)]
pub struct Stamped<'a> {
    /// The event.
    pub event: &'a Event<'a>,
    /// The time of the report. With a capture, the time in it; `None` before its first datagram.
    pub time: Option<SystemTime>,
}

/// The events without a time. Apart from the others, because the code for all of [`Event`] would be
/// in the program twice.
#[derive(Serialize)]
#[serde(tag = "event")]
enum Datagram<'a> {
    #[serde(rename = "datagram")]
    Received(&'a ReceivedDatagram<'a>),
    #[serde(rename = "datagram")]
    Sent(&'a SentDatagram<'a>),
}

#[derive(Serialize)]
struct WithTime<'a> {
    #[serde(flatten)]
    event: &'a Event<'a>,
    #[serde(serialize_with = "some_rfc3339")]
    time: Option<SystemTime>,
}

impl Serialize for Stamped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Stamped { event, time } = *self;
        match event {
            Event::Received(datagram) => Datagram::Received(datagram).serialize(serializer),
            Event::Sent(datagram) => Datagram::Sent(datagram).serialize(serializer),
            _ => WithTime { event, time }.serialize(serializer),
        }
    }
}
