//! Arbitrary text, parsed as a target, a rate and an assertion. Nothing panics, and a printed value
//! parses as the same value.

use mcast::assertion::Assertion;
use mcast::target::{MOST_TARGETS, TargetRange};
use mcast::units::Rate;

/// Parses the bytes as text, in each way.
///
/// # Panics
/// If a printed value does not parse, or differs.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    target(text);
    rate(text);
    assertion(text);
}

fn target(text: &str) {
    match text.parse::<TargetRange>() {
        Ok(range) => {
            let printed = range.to_string();
            assert_eq!(printed.parse(), Ok(range.clone()), "{text:?} is printed as {printed:?}");
            assert!((1..=MOST_TARGETS).contains(&range.count()), "{text:?}");
            let mut targets = range.targets();
            let first = targets.next().expect("one at least");
            assert_eq!(first.group, range.first());
            let last = targets.last().unwrap_or_else(|| first.clone());
            let is_one = range.count() == 1 || first.group == last.group;
            let is_any = range.is_any_of_both() && last.group.is_unspecified();
            assert!(is_one || is_any || last.group.is_multicast(), "{text:?}");
            assert!(first.port > 0 && last.port >= first.port, "{text:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn rate(text: &str) {
    match text.parse::<Rate>() {
        Ok(rate) => {
            let printed = rate.to_string();
            let again = printed
                .parse::<Rate>()
                .unwrap_or_else(|error| panic!("{text:?} is printed as {printed:?}: {error}"));
            let (value, read) = match (rate, again) {
                (Rate::Packets(value), Rate::Packets(read))
                | (Rate::Bits(value), Rate::Bits(read)) => (value, read),
                _ => panic!("{text:?} is {rate:?}, and {printed:?} is {again:?}"),
            };
            assert!(value > 0.0 && value.is_finite(), "{text:?} is {rate:?}");
            assert!(
                (read - value).abs() <= value * 1e-12,
                "{text:?} is {rate:?}, and {printed:?} is {again:?}"
            );
        }
        Err(error) => {
            assert_examples_are_valid(text, &error, |shown| shown.parse::<Rate>().is_ok())
        }
    }
}

fn assertion(text: &str) {
    match text.parse::<Assertion>() {
        Ok(assertion) => {
            let printed = assertion.to_string();
            assert_eq!(
                printed.parse(),
                Ok(assertion.clone()),
                "{text:?} is printed as {printed:?}"
            );
            assert!(!assertion.judge(|_| None).held, "{text:?} holds of nothing");
        }
        Err(error) => assert!(!error.is_empty() && !error.contains('\n'), "{text:?}: {error:?}"),
    }
}

/// The examples in an error are valid: the words between `for example` or `try`, `or` and commas, up
/// to a bracket.
fn assert_examples_are_valid(text: &str, error: &str, is_valid: impl Fn(&str) -> bool) {
    let after = |marker| error.rsplit_once(marker).map(|(_, examples)| examples);
    let Some(examples) = after("; for example ").or_else(|| after("; try ")) else {
        panic!("{text:?} is refused without an example: {error}")
    };
    let examples = examples.split(" (").next().unwrap_or(examples);
    for example in examples.replace(", or ", ", ").replace(" or ", ", ").split(", ") {
        assert!(is_valid(example), "{text:?} is refused, and its example {example:?} too: {error}");
    }
}
