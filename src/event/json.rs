//! Values in JSON.

use std::fmt;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::ser::{Serialize, Serializer};

pub(super) fn display_some<S: Serializer>(
    value: &Option<impl fmt::Display>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

pub(super) fn some_nanos<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => nanos(duration, serializer),
        None => serializer.serialize_none(),
    }
}

pub(super) fn nanos<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

/// RFC 3339 in UTC, to the nanosecond.
pub(super) fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    match Timestamp::try_from(*time) {
        Ok(time) => serializer.collect_str(&format_args!("{time:.9}")),
        Err(_) => serializer.serialize_none(),
    }
}

/// The same, or null.
pub(super) fn some_rfc3339<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// An index; 0 means none.
pub(super) fn null_if_zero<S: Serializer>(index: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    Some(index).filter(|index| **index != 0).serialize(serializer)
}
