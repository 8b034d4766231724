//! Impairments of a sender's traffic: loss, duplicates, corruption, reordering and delay. They are
//! pure: a seed and the scripted time determine them, and they count what left.

mod held;
mod impairer;
mod loss;
mod path;
mod settings;
mod truth;

pub use held::{Departure, Mark};
pub use impairer::{Impairer, MOST_HELD};
pub use loss::LossModel;
pub use settings::{Delay, Impairments, Reorder};
pub use truth::{Expected, Truth};
