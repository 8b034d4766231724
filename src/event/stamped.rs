//! Events with their time.

use std::time::SystemTime;

use serde::{Serialize, Serializer};

use super::Event;
use super::json::some_rfc3339;

/// An event with the time of its report. A datagram has its own time instead.
#[derive(Debug)]
pub struct Stamped<'a> {
    /// The event.
    pub event: &'a Event<'a>,
    /// The time of the report. With a capture, the time in it; `None` before its first datagram.
    pub time: Option<SystemTime>,
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
            Event::Received(_) | Event::Sent(_) => event.serialize(serializer),
            _ => WithTime { event, time }.serialize(serializer),
        }
    }
}
