//! The answers of a receiver.

use serde::Serialize;

use crate::replies::{Reason, Withheld};

/// The answers of a receiver; all `null` without `--reply`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AnswersInfo {
    /// Replies sent.
    pub replies: Option<u64>,
    /// Reports sent.
    pub reports: Option<u64>,
    /// Replies and reports that were not sent, by reason.
    pub replies_withheld: Option<Box<WithheldInfo>>,
}

/// Answers that were not sent, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WithheldInfo {
    /// Beyond the limit of all answers in a second (`--reply-limit`).
    pub total_rate: u64,
    /// Beyond 20 answers to one address in a second.
    pub address_rate: u64,
    /// The source is no unicast address, or one of this receiver.
    pub recipient: u64,
    /// The source port is 0, or below 1024 and not that of the request.
    pub port: u64,
    /// The request is shorter than its answer.
    pub too_short: u64,
    /// The sender asked only a share of the receivers.
    pub share: u64,
    /// Too many senders asked at once.
    pub full: u64,
    /// The system refused to send it.
    pub failed: u64,
}

impl AnswersInfo {
    /// The counts of a receiver that answers.
    pub fn new(replies: u64, reports: u64, withheld: &Withheld) -> Self {
        let withheld = WithheldInfo {
            total_rate: withheld.of(Reason::TotalRate),
            address_rate: withheld.of(Reason::AddressRate),
            recipient: withheld.of(Reason::Recipient),
            port: withheld.of(Reason::Port),
            too_short: withheld.of(Reason::TooShort),
            share: withheld.of(Reason::Share),
            full: withheld.of(Reason::Full),
            failed: withheld.of(Reason::Failed),
        };
        AnswersInfo {
            replies: Some(replies),
            reports: Some(reports),
            replies_withheld: Some(Box::new(withheld)),
        }
    }
}
