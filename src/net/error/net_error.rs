//! An operation that the system refused.

use std::io;

use thiserror::Error;

use super::code::describe;
use super::join_tip::is_exhausted;
use super::operation::Operation;
use super::tip::{Tip, tip};

/// An operation that the system refused.
#[derive(Debug, Error)]
#[error("cannot {operation}: {}{}", describe(source), Tip(tip(operation, source)))]
pub struct NetError {
    /// The refused operation.
    pub operation: Operation,
    /// The system's reason.
    pub source: io::Error,
}

impl NetError {
    /// The error of listing the interfaces of this host.
    pub fn list_interfaces(source: io::Error) -> Self {
        Operation::ListInterfaces.failed(source)
    }

    /// Whether a join failed because the socket has reached its limit of memberships.
    pub(in crate::net) fn is_full(&self) -> bool {
        matches!(self.operation, Operation::Join(..))
            && self.source.raw_os_error().is_some_and(is_exhausted)
    }

    /// The advice for the user, if there is any.
    pub fn tip(&self) -> Option<String> {
        tip(&self.operation, &self.source)
    }
}

impl Operation {
    /// Makes the error of this operation.
    pub fn failed(self, source: io::Error) -> NetError {
        NetError { operation: self, source }
    }
}
