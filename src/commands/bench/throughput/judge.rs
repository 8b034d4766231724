//! The judgement of a trial. Pure.

use crate::commands::bench::roster::Reported;
use crate::event::{Cause, TrialReceiver};

/// The part of the planned datagrams that a sender must send.
const ENOUGH: f64 = 0.99;

/// What the sender did in a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// The datagrams that were planned.
    pub planned: f64,
    /// The datagrams that were sent.
    pub sent: u64,
    /// Those that could not be sent.
    pub errors: u64,
}

impl Effort {
    /// Whether the sender reached the planned rate. One datagram more or less does not matter.
    pub fn reached(&self) -> bool {
        self.errors == 0 && self.sent as f64 + 1.0 >= ENOUGH * self.planned
    }
}

/// What a receiver got of `sent` datagrams.
pub fn receiver(reported: &Reported, sent: u64) -> TrialReceiver {
    let received = reported.report.map(|report| report.received);
    let lost = received.map(|received| sent.saturating_sub(received));
    TrialReceiver {
        address: reported.address,
        receiver: reported.receiver,
        received,
        lost,
        loss_ratio: lost.filter(|_| sent > 0).map(|lost| lost as f64 / sent as f64),
        kernel_drops: reported.drops,
    }
}

/// Whether a receiver lost no more than `allowed`; `None` without a report.
pub fn passed(receiver: &TrialReceiver, allowed: f64) -> Option<bool> {
    receiver.loss_ratio.map(|loss| loss <= allowed)
}

/// Why a trial failed; `None` if it passed.
pub fn cause(receivers: &[TrialReceiver], sent: u64, allowed: f64) -> Option<Cause> {
    let causes: Vec<Cause> =
        receivers.iter().filter_map(|of| cause_at(of, sent, allowed)).collect();
    let order = [Cause::ReceiverSilent, Cause::Path, Cause::PathOrKernel, Cause::ReceiverKernel];
    order.into_iter().find(|cause| causes.contains(cause))
}

/// Why a receiver lost too much.
fn cause_at(receiver: &TrialReceiver, sent: u64, allowed: f64) -> Option<Cause> {
    match passed(receiver, allowed) {
        None => Some(Cause::ReceiverSilent),
        Some(true) => None,
        Some(false) => {
            let Some(drops) = receiver.kernel_drops else { return Some(Cause::PathOrKernel) };
            // What its kernel dropped had passed the path.
            let elsewhere = receiver.lost.unwrap_or(0).saturating_sub(drops);
            let is_of_path = elsewhere as f64 > allowed * sent as f64;
            Some(if is_of_path { Cause::Path } else { Cause::ReceiverKernel })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::exchange::Report;

    fn reported(received: Option<u64>, drops: Option<u64>) -> TrialReceiver {
        let report = received.map(|received| Report { received, ..Report::default() });
        let address = "10.0.0.5".parse().unwrap();
        receiver(&Reported { receiver: 7, address, report, drops }, 1000)
    }

    #[test]
    fn the_place_of_a_loss_is_named() {
        let cause = |receivers: &[TrialReceiver]| cause(receivers, 1000, 0.01);
        let good = reported(Some(990), Some(0));
        assert_eq!((good.lost, good.loss_ratio), (Some(10), Some(0.01)));
        let on_path = reported(Some(900), Some(50));
        let in_kernel = reported(Some(900), Some(95));
        let unknown = reported(Some(900), None);
        let silent = reported(None, None);
        assert_eq!(cause(std::slice::from_ref(&good)), None);
        assert_eq!(cause(&[good.clone(), in_kernel.clone()]), Some(Cause::ReceiverKernel));
        assert_eq!(cause(&[in_kernel, on_path]), Some(Cause::Path));
        assert_eq!(cause(&[unknown]), Some(Cause::PathOrKernel));
        assert_eq!(cause(&[good, silent]), Some(Cause::ReceiverSilent));
    }

    #[test]
    fn a_duplicate_is_no_surplus() {
        assert_eq!(reported(Some(1001), None).lost, Some(0));
    }

    #[test]
    fn a_sender_reaches_its_rate_but_for_one_datagram() {
        let effort = |sent, errors| Effort { planned: 10.0, sent, errors };
        assert!(effort(9, 0).reached() && effort(11, 0).reached());
        assert!(!effort(8, 0).reached() && !effort(10, 1).reached());
    }
}
