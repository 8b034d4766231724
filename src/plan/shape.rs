//! The shape of a sender's traffic.

use super::PlanError;
use super::pacing::Pacing;
use crate::cli::{SendArgs, ShapeArgs};
use crate::impair::MOST_HELD;
use crate::target::Endpoint;
use crate::units::{Period, Shape, random_seed};

/// The rounds of a sender over time.
pub(super) struct Shaped {
    /// The period of the [`Shape`]; `None` without pacing.
    pub period: Option<Period>,
    pub shape: Shape,
    /// The shortest period in the run: the mean one if the gaps are random.
    pub fastest: Option<Period>,
}

impl Shaped {
    /// The shape that the arguments request, of rounds with the `period` of datagrams of `len`
    /// bytes. `seed` is that of random gaps.
    ///
    /// # Errors
    /// [`PlanError::NothingToShape`], [`PlanError::NothingToPace`].
    pub fn new(
        args: &SendArgs,
        endpoints: &[Endpoint],
        len: usize,
        period: Option<Period>,
        seed: Option<u64>,
    ) -> Result<Self, PlanError> {
        let asked = &args.shape;
        if let (Some((from, to)), Some(over)) = (asked.ramp, args.duration) {
            let period = |rate| Pacing::Rate(rate).period(endpoints.len(), args.burst, len);
            let (from, to) = (period(from)?, period(to)?);
            let shape = to.map_or(Shape::Even, |to| Shape::Ramp { to, over });
            let fastest = if from < to { from } else { to };
            return Ok(Shaped { period: from, shape, fastest });
        }
        let shape = match (seed.filter(|_| asked.poisson), asked.on_off) {
            (Some(seed), _) => Shape::Poisson { seed },
            (None, Some((on, off))) => Shape::OnOff { on, off },
            (None, None) => Shape::Even,
        };
        if period.is_none() && shape != Shape::Even {
            return Err(PlanError::NothingToShape);
        }
        Ok(Shaped { period, shape, fastest: period })
    }
}

/// The seed of all random choices; `None` if there are none.
///
/// # Errors
/// [`PlanError::TwoSeeds`].
pub(super) fn seed(args: &ShapeArgs) -> Result<Option<u64>, PlanError> {
    let in_list = args.impair.as_ref().and_then(|impair| impair.seed);
    match (args.seed, in_list) {
        (Some(one), Some(other)) if one != other => Err(PlanError::TwoSeeds(one, other)),
        (one, other) if args.poisson || args.impair.is_some() => {
            Ok(Some(one.or(other).unwrap_or_else(random_seed)))
        }
        _ => Ok(None),
    }
}

/// Checks that the datagrams that a delay holds fit the memory. Without a pace they are dropped and
/// counted if they do not.
///
/// # Errors
/// [`PlanError::TooMuchHeld`].
pub(super) fn check_held(
    args: &SendArgs,
    endpoints: &[Endpoint],
    len: usize,
    fastest: Option<Period>,
) -> Result<(), PlanError> {
    let Some((impair, period)) = args.shape.impair.as_ref().zip(fastest) else { return Ok(()) };
    let rounds = impair.settings.longest_delay().as_secs_f64() * period.per_second();
    let bytes = rounds * args.burst as f64 * endpoints.len() as f64 * len as f64;
    if bytes > MOST_HELD as f64 { Err(PlanError::TooMuchHeld(bytes as usize)) } else { Ok(()) }
}
