//! The value of `--impair`: a list of impairments.

use std::time::Duration;

use super::values;
use crate::impair::{Delay, Impairments, LossModel, Reorder};

/// The keys, with an example of each.
const KEYS: [(&str, &str); 9] = [
    ("loss", "loss=1%"),
    ("burst", "loss=1%,burst=5"),
    ("gilbert", "gilbert=1%:25%"),
    ("duplicate", "duplicate=0.1%"),
    ("corrupt", "corrupt=0.01%"),
    ("reorder", "reorder=0.5%"),
    ("distance", "reorder=0.5%,distance=5"),
    ("delay", "delay=20ms"),
    ("jitter", "delay=20ms,jitter=5ms"),
];

/// How many later datagrams a reordered one waits for.
const DEFAULT_DISTANCE: u32 = 3;

/// The longest distance: a receiver still distinguishes the datagram from a duplicate.
const LONGEST_DISTANCE: u32 = 1000;

/// The value of `--impair`.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpairArg {
    /// The impairments.
    pub settings: Impairments,
    /// The seed in the list.
    pub seed: Option<u64>,
    /// The list as typed, without the seed.
    pub text: String,
}

/// Reads a list of impairments: `loss=1%,duplicate=0.1%,delay=20ms`.
///
/// # Errors
/// The reason and a correct value.
pub fn impair(text: &str) -> Result<ImpairArg, String> {
    let mut typed: Vec<(&str, &str)> = Vec::new();
    for part in text.split(',') {
        let Some((key, value)) = part.split_once('=') else {
            return Err(match part.trim() {
                "" => "an impairment is missing; for example loss=1%,delay=20ms".to_owned(),
                key => format!("'{key}' has no value; for example {}", example(key)),
            });
        };
        let (key, value) = (key.trim(), value.trim());
        if key != "seed" && KEYS.iter().all(|(known, _)| *known != key) {
            return Err(unknown(key));
        }
        if typed.iter().any(|(other, _)| *other == key) {
            return Err(format!("'{key}' is there twice; for example {}", example(key)));
        }
        typed.push((key, value));
    }
    let seed = find(&typed, "seed", values::seed)?;
    let shown = typed.iter().filter(|(key, _)| *key != "seed");
    let shown: Vec<String> = shown.map(|(key, value)| format!("{key}={value}")).collect();
    if shown.is_empty() {
        return Err("an impairment is missing; for example loss=1%,seed=7".to_owned());
    }
    let share = |key| Ok::<_, String>(find(&typed, key, values::share)?.unwrap_or(0.0));
    let settings = Impairments {
        loss: loss(&typed)?,
        duplicate: share("duplicate")?,
        corrupt: share("corrupt")?,
        reorder: reorder(&typed)?,
        delay: delay(&typed)?,
    };
    Ok(ImpairArg { settings, seed, text: shown.join(",") })
}

fn example(key: &str) -> &'static str {
    KEYS.iter()
        .find(|(known, _)| *known == key)
        .map_or("loss=1%,delay=20ms", |(_, example)| example)
}

fn unknown(key: &str) -> String {
    let near = KEYS.iter().map(|(known, _)| (strsim::jaro_winkler(key, known), known));
    let near = near.max_by(|one, two| one.0.total_cmp(&two.0)).filter(|(near, _)| *near > 0.7);
    match near {
        Some((_, known)) => {
            format!(
                "unknown impairment '{key}', similar to '{known}'; for example {}",
                example(known)
            )
        }
        None => format!(
            "unknown impairment '{key}': use loss, burst, gilbert, duplicate, corrupt, reorder, \
             distance, delay, jitter or seed; for example loss=1%,delay=20ms"
        ),
    }
}

/// The value of a key, if there is one.
fn find<T>(
    typed: &[(&str, &str)],
    key: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    let value = typed.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
    let wrong = |value: &str, why| format!("{key}={value}: {why}");
    value.map(|value| read(value).map_err(|why| wrong(value, why))).transpose()
}

fn loss(typed: &[(&str, &str)]) -> Result<Option<LossModel>, String> {
    let loss = find(typed, "loss", values::share)?;
    let burst = find(typed, "burst", length)?;
    match (loss, burst, find(typed, "gilbert", gilbert)?) {
        (None, None, model) => Ok(model),
        (Some(_), _, Some(_)) => {
            Err("loss and gilbert exclude each other; for example gilbert=1%:25%".to_owned())
        }
        (None, Some(_), _) => Err("burst needs a loss; for example loss=1%,burst=5".to_owned()),
        (Some(loss), None, None) => Ok(Some(LossModel::Independent(loss))),
        (Some(loss), Some(burst), None) => {
            LossModel::bursts(loss, burst).map(Some).ok_or_else(|| {
                "a loss this high needs longer bursts; for example loss=50%,burst=5".to_owned()
            })
        }
    }
}

/// Reads `P:R[:1-H[:1-K]]`, as netem's `loss gemodel`.
fn gilbert(text: &str) -> Result<LossModel, String> {
    let wrong = || {
        "not two to four percentages P:R:1-H:1-K; for example 1%:25% or 1%:25%:70%:0.1%".to_owned()
    };
    let share = |text: &str| match text.trim() {
        "0%" => Ok(0.0),
        text => values::share(text).map_err(|_| wrong()),
    };
    let shares = text.split(':').map(share).collect::<Result<Vec<f64>, _>>()?;
    let (to_bad, to_good, rest) = match shares[..] {
        [to_bad, to_good, ref rest @ ..] if rest.len() <= 2 => (to_bad, to_good, rest),
        _ => return Err(wrong()),
    };
    if to_bad == 0.0 || to_good == 0.0 {
        return Err("P and R must be greater than 0%; for example 1%:25%".to_owned());
    }
    Ok(LossModel::Gilbert {
        to_bad,
        to_good,
        in_bad: rest.first().copied().unwrap_or(1.0),
        in_good: rest.get(1).copied().unwrap_or(0.0),
    })
}

/// Reads the mean length of a burst.
fn length(text: &str) -> Result<f64, String> {
    let wrong = || "must be a mean number of datagrams from 1 to 1000000; for example 5".to_owned();
    text.parse().ok().filter(|length| (1.0..=1e6).contains(length)).ok_or_else(wrong)
}

fn reorder(typed: &[(&str, &str)]) -> Result<Option<Reorder>, String> {
    let distance = find(typed, "distance", |text| {
        let distance = text.parse().ok();
        distance.filter(|distance| (1..=LONGEST_DISTANCE).contains(distance)).ok_or_else(|| {
            format!("must be a number of datagrams from 1 to {LONGEST_DISTANCE}; for example 5")
        })
    })?;
    match (find(typed, "reorder", values::share)?, distance) {
        (None, Some(_)) => {
            Err("distance needs reorder; for example reorder=0.5%,distance=5".to_owned())
        }
        (probability, distance) => Ok(probability.map(|probability| Reorder {
            probability,
            distance: distance.unwrap_or(DEFAULT_DISTANCE),
        })),
    }
}

fn delay(typed: &[(&str, &str)]) -> Result<Option<Delay>, String> {
    const LONGEST: Duration = Duration::from_secs(3600);
    let mean = find(typed, "delay", |text| {
        let delay = values::time(text)?;
        if delay > LONGEST {
            Err("must be at most 1h; for example 20ms".to_owned())
        } else {
            Ok(delay)
        }
    })?;
    match (mean, find(typed, "jitter", values::time)?) {
        (None, None) => Ok(None),
        (Some(mean), None) => Ok(Some(Delay { mean, jitter: Duration::ZERO })),
        (Some(mean), Some(jitter)) if jitter <= mean => Ok(Some(Delay { mean, jitter })),
        _ => {
            Err("jitter needs a delay at least as long; for example delay=20ms,jitter=5ms"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings(text: &str) -> Impairments {
        impair(text).unwrap_or_else(|why| panic!("{text}: {why}")).settings
    }

    #[test]
    fn a_list_sets_each_impairment() {
        let parsed =
            impair("loss=1%, duplicate=0.1%,reorder=0.5%,corrupt=0.01%,delay=2ms,seed=7").unwrap();
        assert_eq!(
            (parsed.seed, parsed.settings.loss),
            (Some(7), Some(LossModel::Independent(0.01)))
        );
        assert_eq!(parsed.text, "loss=1%,duplicate=0.1%,reorder=0.5%,corrupt=0.01%,delay=2ms");
        assert_eq!(parsed.settings.reorder, Some(Reorder { probability: 0.005, distance: 3 }));
        assert!((parsed.settings.duplicate - 0.001).abs() < 1e-12);
        let delay = settings("delay=20ms,jitter=5ms").delay.unwrap();
        assert_eq!((delay.mean.as_millis(), delay.jitter.as_millis()), (20, 5));
        assert_eq!(settings("loss=1%,burst=5").loss, LossModel::bursts(0.01, 5.0));
        assert_eq!(
            settings("gilbert=1%:25%:70%:0%").loss,
            Some(LossModel::Gilbert { to_bad: 0.01, to_good: 0.25, in_bad: 0.7, in_good: 0.0 })
        );
        assert_eq!(settings("gilbert=5%:100%").loss, LossModel::bursts(0.05 / 1.05, 1.0));
    }

    #[test]
    fn a_refused_list_shows_a_correct_one() {
        for (text, why) in [
            ("", "an impairment is missing; for example loss=1%,delay=20ms"),
            ("loss", "'loss' has no value; for example loss=1%"),
            ("los=1%", "unknown impairment 'los', similar to 'loss'; for example loss=1%"),
            ("rate=1Mbit", "unknown impairment 'rate': use loss, burst"),
            ("loss=1%,loss=2%", "'loss' is there twice; for example loss=1%"),
            ("loss=1", "loss=1: a unit is missing; for example 50%"),
            ("loss=1%,gilbert=1%:2%", "loss and gilbert exclude each other"),
            ("burst=5", "burst needs a loss; for example loss=1%,burst=5"),
            ("loss=1%,burst=0.5", "burst=0.5: must be a mean number of datagrams from 1"),
            ("loss=80%,burst=2", "needs longer bursts"),
            ("gilbert=1%", "gilbert=1%: not two to four percentages P:R:1-H:1-K"),
            ("gilbert=0%:5%", "P and R must be greater than 0%"),
            ("distance=5", "distance needs reorder"),
            ("reorder=1%,distance=0", "distance=0: must be a number of datagrams from 1 to 1000"),
            ("jitter=5ms", "jitter needs a delay at least as long; for example delay=20ms"),
            ("delay=2ms,jitter=5ms", "jitter needs a delay at least as long"),
            ("delay=5", "delay=5: a unit is missing; try 5s or 5ms"),
            ("delay=2h", "must be at most 1h"),
            ("seed=7", "an impairment is missing; for example loss=1%,seed=7"),
            ("loss=1%,seed=x", "seed=x: must be a number"),
        ] {
            let error = impair(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,30}", list in "[a-z=%:,0-9ms.]{0,40}") {
            let _ = (impair(&text), impair(&list), gilbert(&list));
        }
    }
}
