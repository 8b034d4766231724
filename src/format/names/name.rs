//! The name of a protocol, and how it was found.

use crate::format::kind::How;

/// The name of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name in JSON: snake case.
    pub id: &'static str,
    /// The name in text.
    pub title: &'static str,
    /// How it was found.
    pub how: How,
    /// A sentence for users who expect more than the name.
    pub note: Option<&'static str>,
}
