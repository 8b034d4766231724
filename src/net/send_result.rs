//! The division of a queue into messages: per socket, with a train for consecutive datagrams of one
//! length and endpoint.

use std::io;
use std::ops::Range;

use super::queue::Queued;
use crate::host::{self, Queue};
use crate::iface::Via;

/// The result of one send call. Datagrams beyond it are not sent yet.
#[derive(Debug, Default)]
pub struct SendResult {
    /// The number of sent datagrams.
    pub datagrams: usize,
    /// The ICMP error for an earlier unicast datagram: port or host unreachable.
    pub returned: Option<io::Error>,
    /// The failure of the next datagrams.
    pub failure: Option<Failure>,
}

/// Datagrams that were not sent.
#[derive(Debug)]
pub struct Failure {
    /// The number; all of them have one endpoint.
    pub datagrams: usize,
    /// A buffer or queue is full: a retry can succeed.
    pub full: bool,
    pub error: super::NetError,
}

/// The datagrams of the message that begins at `first`: consecutive ones of one endpoint and
/// length, at most `longest`.
pub(super) fn message(
    queued: &[Queued],
    first: usize,
    longest: usize,
    most_bytes: usize,
) -> Range<usize> {
    let Queued { position, len, .. } = queued[first];
    // A segment size of zero means no segmentation.
    let longest = most_bytes.checked_div(len).map_or(1, |fit| fit.min(longest).max(1));
    let alike = queued[first..]
        .iter()
        .take(longest)
        .take_while(|piece| piece.position == position && piece.len == len);
    first..first + alike.count()
}

/// The next maximum after a refused train of `datagrams`: 64, which every kernel accepts, or no
/// train.
pub(super) fn shorter(datagrams: usize) -> usize {
    const EVERY_KERNEL: usize = 64;
    if datagrams > EVERY_KERNEL { EVERY_KERNEL } else { 1 }
}

/// Whether the queue of an interface splits trains and may silently drop some of their datagrams:
/// the call succeeds if one of them is queued (net/sched, `qdisc_enqueue`). A refused single
/// datagram is an error.
pub(super) fn splits_trains(via: &Via) -> bool {
    const SPLITTING: [&str; 4] = ["cake", "netem", "taprio", "tbf"];
    let queues = host::queues(via.index).unwrap_or_else(|error| {
        tracing::debug!(%error, "cannot read the queues of {}", via.name);
        Vec::new()
    });
    let splitting = queues.iter().find(|queue| SPLITTING.contains(&queue.kind.as_str()));
    if let Some(Queue { kind, .. }) = splitting {
        tracing::debug!(
            "the queue of {} ({kind}) splits trains; sending single datagrams",
            via.name
        );
    }
    splitting.is_some()
}

/// Whether the socket's buffer or the interface's queue is full, and a retry can succeed.
pub(super) fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(super::error::NO_BUFFERS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::SendQueue;
    use crate::sys::{Backend, Batching};

    /// The number of datagrams in each message, for datagrams (position, length).
    fn messages(datagrams: &[(usize, usize)], longest: usize) -> Vec<usize> {
        let mut queue = SendQueue::new(Backend::Native(Batching::default()), false);
        for (position, len) in datagrams {
            queue.add(*position, *len);
        }
        let (mut next, mut messages) = (0, Vec::new());
        while next < datagrams.len() {
            let range = message(queue.items(), next, longest, 65_507);
            assert_eq!(range.start, next);
            messages.push(range.len());
            next = range.end;
        }
        messages
    }

    #[test]
    fn a_train_has_one_endpoint_and_one_length() {
        assert_eq!(
            messages(&[(0, 64), (0, 64), (1, 64), (1, 64), (1, 48), (0, 48)], 128),
            [2, 2, 1, 1]
        );
        assert_eq!(messages(&[(0, 64); 5], 2), [2, 2, 1]);
        assert_eq!(messages(&[(0, 64); 3], 1), [1, 1, 1]);
    }

    #[test]
    fn datagrams_without_payload_form_no_train() {
        assert_eq!(messages(&[(0, 0); 3], 128), [1, 1, 1]);
    }

    #[test]
    fn a_refused_train_becomes_shorter_and_then_single() {
        assert_eq!([128, 65, 64, 2].map(shorter), [64, 64, 1, 1]);
    }

    proptest! {
        #[test]
        fn no_train_exceeds_a_datagram(
            len in 0..30_000_usize,
            longest in 1..200_usize,
        ) {
            let datagrams = vec![(0, len); (65_527 / len.max(1)).clamp(1, 128)];
            let messages = messages(&datagrams, longest);
            prop_assert!(
                messages
                    .iter()
                    .all(|count| *count <= longest && (count * len <= 65_507 || *count == 1))
            );
            prop_assert_eq!(messages.iter().sum::<usize>(), datagrams.len());
        }
    }
}
