//! Systems without messages about interfaces, with the signatures of `netlink`.

use std::convert::Infallible;
use std::io;

use super::messages::Messages;
use crate::sys::PollSource;

/// Uninhabited.
pub struct Listener(Infallible);

impl Listener {
    pub fn open() -> io::Result<Option<Self>> {
        Ok(None)
    }

    pub fn source(&self) -> PollSource<'_> {
        match self.0 {}
    }

    pub fn read(&self) -> Messages {
        match self.0 {}
    }
}
