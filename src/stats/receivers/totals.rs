//! All receivers together.

use super::receiver::Receiver;
use super::state::State;

/// All receivers together. A counter is that of the receiver with the worst value, because one bad
/// receiver is a failure, however many good ones there are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Receivers that reported. One that was restarted counts once.
    pub receivers: usize,
    /// How many of them reported the end.
    pub ended: usize,
    /// How many of them stopped reporting before the end.
    pub silent: usize,
    /// Receivers that were followed by another one at the same address.
    pub replaced: usize,
    /// The fewest datagrams that a receiver received.
    pub received_min: Option<u64>,
    /// The most that a receiver lost.
    pub lost_max: Option<u64>,
    /// The datagrams that all receivers lost together.
    pub lost_total: u64,
    /// The highest share of lost datagrams.
    pub loss_max: Option<f64>,
    /// The most datagrams before the first one that a receiver received.
    pub missed_before_max: Option<u64>,
    /// The most duplicates of a receiver.
    pub duplicates_max: Option<u64>,
    /// The most reordered datagrams of a receiver.
    pub reordered_max: Option<u64>,
    /// The most corrupt datagrams of a receiver.
    pub corrupt_max: Option<u64>,
    /// The most drops in a receiver's kernel.
    pub kernel_drops_max: Option<u32>,
    /// The longest delays in ns: p50, p99 and maximum; `None` unless all clocks agree.
    pub delay_max: Option<[i64; 3]>,
    /// The largest jitter in ns.
    pub jitter_max: Option<u32>,
}

impl Totals {
    pub(super) fn of<'a>(each: impl Iterator<Item = (&'a Receiver, State)>) -> Self {
        let mut totals = Totals::default();
        let mut has_delays = true;
        for (receiver, state) in each {
            totals.lost_total = totals.lost_total.saturating_add(receiver.lost());
            totals.lost_max = totals.lost_max.max(Some(receiver.lost()));
            totals.missed_before_max = totals.missed_before_max.max(Some(receiver.missed_before()));
            totals.duplicates_max = totals.duplicates_max.max(Some(receiver.duplicates()));
            totals.reordered_max = totals.reordered_max.max(Some(receiver.reordered()));
            totals.corrupt_max = totals.corrupt_max.max(Some(receiver.corrupt()));
            totals.kernel_drops_max = totals.kernel_drops_max.max(receiver.kernel_drops());
            totals.jitter_max = totals.jitter_max.max(receiver.jitter());
            totals.loss_max =
                [totals.loss_max, receiver.loss_ratio()].into_iter().flatten().reduce(f64::max);
            // A receiver that received nothing has no delay.
            has_delays &= receiver.delay().is_some() || receiver.received() == 0;
            let delays = [totals.delay_max, receiver.delay()].into_iter().flatten();
            totals.delay_max =
                delays.reduce(|one, two| std::array::from_fn(|at| one[at].max(two[at])));
            match state {
                State::Replaced => {
                    totals.replaced += 1;
                    continue;
                }
                State::Ended => totals.ended += 1,
                State::Silent => totals.silent += 1,
                State::Reporting => {}
            }
            totals.receivers += 1;
            let fewest = totals
                .received_min
                .map_or(receiver.received(), |fewest| fewest.min(receiver.received()));
            totals.received_min = Some(fewest);
        }
        totals.delay_max = totals.delay_max.filter(|_| has_delays);
        totals
    }
}
