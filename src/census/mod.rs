//! How many receivers are there? An estimate from the replies of a sample, and the share of the
//! receivers that should answer the next request.
//!
//! A request carries a share and a window. Each receiver answers with the probability of the share,
//! after a random part of the window. [`Census`] chooses both, and keeps the replies per second
//! below a budget.
//!
//! - **Start.** Nothing is known about the number of receivers. The first request allows for 10^6, and
//!   asks for half a second's budget. If no receiver answers, the upper bound falls, and the share of
//!   the next request rises. Two of these requests lead to the share of all receivers. They
//!   follow each other after [`Census::gap`], which is shorter than the interval. The start is over
//!   when [`Census::is_starting`] returns false: all receivers are asked, or enough answered.
//! - **Few receivers.** All receivers answer each request. The number is that of the receivers that
//!   answered. Up to 100 answer at once. More answers would overrun a receive buffer, and are spread
//!   over a window.
//! - **Many receivers.** The share follows from the upper bound of the estimate. The window is the
//!   interval, which spreads the answers evenly. The relative error is about 1 / sqrt(samples).
//! - **Changes.** If the number of receivers jumps to k times as many, the replies to the requests
//!   under way are k times as many. The next request reads the counts of the rounds that are still
//!   open, and lowers the share. Replies in excess come for at most one window and one round-trip
//!   time.
//! - **Losses.** The counters in the replies show the losses each way. The file `losses` states how.

mod estimator;
mod losses;
mod round;
#[cfg(test)]
mod simulation;

pub use estimator::{Census, Estimate, STEP};
