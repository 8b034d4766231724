//! Why a receiver does not answer a request.

/// Why a request gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The limit of all answers in a second.
    TotalRate,
    /// The limit of answers to one address in a second.
    AddressRate,
    /// The source address is not one that may get an answer.
    Recipient,
    /// The source port is 0, or a system port other than that of the request.
    Port,
    /// The request is shorter than its answer.
    TooShort,
    /// Only a share of the receivers is asked.
    Share,
    /// Too many senders, or too many answers that wait.
    Full,
    /// The system refused to send it.
    Failed,
}

impl Reason {
    /// All reasons.
    #[cfg(test)]
    pub const ALL: [Reason; 8] = [
        Reason::TotalRate,
        Reason::AddressRate,
        Reason::Recipient,
        Reason::Port,
        Reason::TooShort,
        Reason::Share,
        Reason::Full,
        Reason::Failed,
    ];
}

/// How many answers were not sent, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withheld([u64; 8]);

impl Withheld {
    /// Counts `count` answers.
    pub fn add(&mut self, reason: Reason, count: u64) {
        self.0[reason as usize] += count;
    }

    /// The answers withheld for a reason.
    pub fn of(&self, reason: Reason) -> u64 {
        self.0[reason as usize]
    }

    /// The answers withheld because of a limit of the rate.
    pub fn limited(&self) -> u64 {
        self.of(Reason::TotalRate) + self.of(Reason::AddressRate)
    }
}
