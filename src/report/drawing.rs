//! A histogram of delays, in text.

use std::io::{self, Write};

use crate::assertion::Value;
use crate::stats::delay::{Delays, Quantiles};

/// The most bars, without the one for the longest delays.
const BARS: i64 = 8;

/// The length of the longest bar.
const LONGEST_BAR: u64 = 40;

/// The digits of a delay at the edges of a bar.
const FEWEST_DIGITS: usize = 3;
const MOST_DIGITS: usize = 9;

/// A bar of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The edges, with the same number of digits in all bars.
    pub from: String,
    pub to: String,
    pub count: u64,
}

/// The bars of a histogram: of equal width up to the 99th percentile, and one for the longer delays.
pub fn bars(delays: &Delays, spread: &Quantiles) -> Vec<Bar> {
    let edges = edges(spread);
    let up_to = delays.up_to(&edges);
    let counts =
        up_to.iter().scan(0, |before, up_to| Some(up_to - std::mem::replace(before, *up_to)));
    // Long delays that hardly differ need more digits. The last edge is no round number.
    let label = |edge: i64, digits| Value::Nanos(edge).with_digits(digits).to_string();
    let round = &edges[..edges.len() - 1];
    let apart = |digits: &usize| {
        round.windows(2).all(|pair| label(pair[0], *digits) != label(pair[1], *digits))
    };
    let digits = (FEWEST_DIGITS..=MOST_DIGITS).find(apart).unwrap_or(MOST_DIGITS);
    let from = |row: usize| if row == 0 { spread.min.min(edges[0]) } else { edges[row - 1] };
    counts
        .enumerate()
        .map(|(row, count)| Bar {
            from: label(from(row), digits),
            to: label(edges[row], digits),
            count,
        })
        .collect()
}

/// Draws the bars of a histogram.
pub fn draw(delays: &Delays, spread: &Quantiles, out: &mut dyn Write) -> io::Result<()> {
    let bars = bars(delays, spread);
    let longest = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
    let width = bars.iter().flat_map(|bar| [bar.from.len(), bar.to.len()]).max().unwrap_or(0);
    let widest = delays.count().to_string().len();
    for Bar { from, to, count } in bars {
        // A single delay has a visible bar.
        let length = (count * LONGEST_BAR).div_ceil(longest) as usize;
        write!(out, "  {from:>width$} - {to:>width$}  {count:>widest$}")?;
        if length > 0 {
            write!(out, "  {}", "#".repeat(length))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The upper edges of the bars: round numbers, and at the end the longest delay.
fn edges(spread: &Quantiles) -> Vec<i64> {
    let step = round_up(spread.p99.saturating_sub(spread.min) / BARS);
    let first = spread.min.div_euclid(step).saturating_mul(step);
    let mut edges: Vec<i64> =
        (1..=BARS + 2).map(|bar| first.saturating_add(step.saturating_mul(bar))).collect();
    let needed = edges.iter().take_while(|edge| **edge < spread.p99).count() + 1;
    edges.truncate(needed.min(edges.len()));
    edges.retain(|edge| *edge < spread.max);
    edges.push(spread.max);
    edges
}

/// The next number that is 1, 2 or 5 and zeroes.
fn round_up(least: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for digit in [1, 2, 5] {
            if power.saturating_mul(digit) >= least {
                return power.saturating_mul(digit);
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::delay::Precision;

    fn drawn(delays: &[i64]) -> String {
        let mut all = Delays::new(Precision::Fine);
        delays.iter().for_each(|delay| all.record(*delay));
        let mut out = Vec::new();
        draw(&all, &all.quantiles().unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn bars_have_round_edges_up_to_the_longest_delay() {
        let mut delays: Vec<i64> = (0..990).map(|number| 20_000 + number * 40).collect();
        delays.extend([9_000_000; 10]);
        let drawn = drawn(&delays);
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines[0].starts_with("  20.0 us - 25.0 us   125  ####"), "{drawn}");
        assert!(lines[lines.len() - 1].contains("- 9.00 ms"), "{drawn}");
        assert!(
            lines.len() <= BARS as usize + 2 && lines.iter().all(|line| line.contains('#')),
            "{drawn}"
        );
    }

    #[test]
    fn the_edges_of_long_delays_differ() {
        let drawn =
            drawn(&(0..100).map(|number| 50_000_000 + number * 4_000).collect::<Vec<i64>>());
        assert!(
            drawn.starts_with("  50.00 ms - 50.05 ms   13  ####")
                && drawn.contains("50.30 ms - 50.35 ms"),
            "{drawn}"
        );
    }

    #[test]
    fn equal_delays_share_one_bar() {
        assert_eq!(drawn(&[70_000; 25]), format!("  70.0 us - 70.0 us  25  {}\n", "#".repeat(40)));
    }

    #[test]
    fn round_numbers_are_1_2_and_5() {
        assert_eq!([0, 1, 2, 3, 6, 19, 21, 700].map(round_up), [1, 1, 2, 5, 10, 20, 50, 1000]);
        assert_eq!(round_up(i64::MAX), i64::MAX);
    }

    proptest! {
        #[test]
        fn every_delay_is_in_one_bar(
            delays in proptest::collection::vec(-1_000_000_000..100_000_000_000_i64, 1..300),
        ) {
            let drawn = drawn(&delays);
            let counts = drawn.lines().map(|line| {
                line.trim_end_matches('#')
                    .split_whitespace()
                    .last()
                    .unwrap()
                    .parse::<u64>()
                    .unwrap()
            });
            prop_assert_eq!(counts.sum::<u64>(), delays.len() as u64, "{}", drawn);
            prop_assert!(drawn.lines().count() <= BARS as usize + 3);
        }

        #[test]
        fn any_delays_can_be_drawn(delays in proptest::collection::vec(any::<i64>(), 1..50)) {
            drawn(&delays);
        }
    }
}
