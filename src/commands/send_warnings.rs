//! The warnings about datagrams that could not be sent.

use std::collections::HashSet;
use std::io;

use crate::notice::Notice;
use crate::report::Reporter;

/// How many targets are named in warnings of one kind.
const MOST_OF_ONE_KIND: usize = 10;

/// Warns of a failure once for each target. If many targets fail with the same error, only the
/// first ones are named.
#[derive(Debug, Default)]
pub struct SendWarnings {
    /// The position of the target, and the number of the error.
    warned: HashSet<(usize, Option<i32>)>,
}

impl SendWarnings {
    /// Warns of the error `number` at the target at `position`, unless it did before.
    ///
    /// # Errors
    /// As [`Reporter::warn`].
    pub fn warn(
        &mut self,
        position: usize,
        number: Option<i32>,
        reporter: &mut Reporter,
        warning: impl FnOnce() -> Notice,
    ) -> io::Result<()> {
        let alike = self.warned.iter().filter(|(_, known)| *known == number).count();
        let is_news = alike < MOST_OF_ONE_KIND && self.warned.insert((position, number));
        if is_news { reporter.warn(&warning()) } else { Ok(()) }
    }
}
