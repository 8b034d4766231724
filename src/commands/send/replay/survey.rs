//! A first look at a capture file: its destinations, its length, and copies in it. The file is then
//! read again from its start.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::capture_copies::CaptureCopies;
use super::reading::{names, next_datagram};
use super::selection::Selection;
use super::time_line::TimeLine;
use crate::capture::{Captured, ReadError, Reader};
use crate::input::Input;
use crate::plan::{self, Found};
use crate::target::MOST_TARGETS;

/// The longest look.
const LONGEST: Duration = Duration::from_secs(2);

/// How many datagrams are read between two looks at the clock.
const AT_ONCE: u64 = 1024;

/// The result of a first look.
#[derive(Debug)]
pub struct Survey {
    /// The datagrams of one pass.
    pub found: Found,
    /// The destinations of the datagrams to send, in their order.
    pub destinations: Vec<SocketAddr>,
    /// Whether most datagrams are in the capture more than once, and the names of the interfaces
    /// that captured them.
    pub doubled: Option<Vec<String>>,
    /// The length of the longest payload in bytes.
    pub longest: usize,
}

/// Reads a capture to its end, or for the longest time. A later error is left to the run.
///
/// # Errors
/// The input is no capture.
pub fn survey(plan: &plan::Replay, input: Input) -> Result<Survey, ReadError> {
    let mut reader = Reader::new(input);
    let (mut destinations, mut known) = (Vec::new(), HashSet::new());
    let (mut found, mut longest) = (Found::default(), 0);
    let mut line = TimeLine::new(plan.speed, plan.max_gap);
    let mut copies = CaptureCopies::default();
    let (selection, start) = (Selection::new(plan), Instant::now());
    let mut payload = Vec::new();
    for read in 1_u64.. {
        if read % AT_ONCE == 0 && start.elapsed() > LONGEST {
            break;
        }
        let captured = match next_datagram(&mut reader, &mut payload) {
            Ok(Some(captured)) => captured,
            Ok(None) => {
                found.is_whole = true;
                break;
            }
            Err(error) if error.is_temporary() => continue,
            Err(error) if reader.records() == 0 => return Err(error),
            Err(_) => break,
        };
        if selection.refuses(&captured, reader.interfaces()).is_some() {
            continue;
        }
        if copies.add(&Captured { payload: &payload, ..captured }) && plan.drop_copies {
            continue;
        }
        found.datagrams += 1;
        found.duration = line.due(captured.time);
        longest = longest.max(payload.len());
        if (known.len() as u64) < MOST_TARGETS && known.insert(captured.destination) {
            destinations.push(captured.destination);
        }
    }
    let doubled = copies.doubled().filter(|_| !plan.drop_copies);
    let doubled = doubled.map(|doubled| names(doubled, &reader));
    Ok(Survey { found, destinations, doubled, longest })
}
