//! The end markers of measured streams. Each is sent several times, because a receiver that misses
//! all of them cannot count the losses at the end of the stream.

use std::time::{Duration, Instant, SystemTime};
use std::{io, thread};

use tracing::debug;

use super::payload::PayloadWriter;
use crate::format::probe::END_INTERVAL;
use crate::net::{Failure, Outbox, SendQueue, Wake};
use crate::report::Reporter;
use crate::verdict::RunError;

/// Sends `times` end markers of each measured stream. `max_wait` bounds the time that all of them
/// together wait for queue space.
pub fn send_end_markers(
    payload: &PayloadWriter,
    times: u32,
    queue: &mut SendQueue,
    max_wait: Duration,
    outbox: &mut Outbox,
    reporter: &Reporter,
) -> Result<(), RunError> {
    if payload.stream().is_none() {
        return Ok(());
    }
    let start = Instant::now();
    let (targets, len) = (outbox.endpoints().count(), payload.end_len());
    for turn in 0..times {
        while turn > 0 && start + END_INTERVAL * turn > Instant::now() {
            let wake = Wake { output: None, ..reporter.wake() };
            outbox.wait(None, wake, Some(start + END_INTERVAL * turn))?;
        }
        queue.clear();
        for position in 0..targets {
            if !queue.has_room(position, len) {
                send_queue(queue, outbox, reporter, start + max_wait)?;
            }
            payload.write_end(position, SystemTime::now(), queue.add(position, len).bytes);
        }
        send_queue(queue, outbox, reporter, start + max_wait)?;
    }
    Ok(())
}

/// Sends the queued end markers, which wait for queue space until `until`. A marker that is not
/// sent is no error of the run, because the totals count datagrams only.
fn send_queue(
    queue: &mut SendQueue,
    outbox: &Outbox,
    reporter: &Reporter,
    until: Instant,
) -> io::Result<()> {
    let mut sent = 0;
    while sent < queue.items().len() {
        let result = outbox.send(queue, sent);
        sent += result.datagrams;
        let Some(Failure { datagrams, full, error }) = result.failure else { continue };
        let position = queue.items()[sent].position;
        if full && Instant::now() < until {
            outbox.wait_for_room(position, &error, reporter.wake(), until)?;
            if reporter.signal().is_some() {
                // After a signal, each wait ends at once.
                thread::sleep(Duration::from_millis(1));
            }
            continue;
        }
        debug!(%error, "cannot send an end marker");
        outbox.give_up(position);
        sent += datagrams;
    }
    queue.clear();
    Ok(())
}
