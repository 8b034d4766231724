//! A simulation with scripted time and without sockets: receivers answer requests, with losses,
//! delays, and receivers that join and leave.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::{Census, STEP};
use crate::format::exchange::Reply;

const BUDGET: u64 = 1000;
const INTERVAL: Duration = Duration::from_secs(1);
const ROUNDS: usize = 40;
const LONGEST_DELAY: f64 = 0.15;

/// A generator with a seed (SplitMix64).
struct Generator(u64);

impl Generator {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let value = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number from 0 to below 1.
    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / 2_f64.powi(53)
    }

    /// Each of `0..count` with the probability `p`: jumps over the others.
    fn sample(&mut self, count: usize, p: f64) -> Vec<usize> {
        let mut chosen = Vec::new();
        let mut at = 0.0;
        loop {
            let skipped = if p < 1.0 { (1.0 - self.unit()).ln() / (1.0 - p).ln() } else { 0.0 };
            at += skipped.floor();
            if at >= count as f64 {
                return chosen;
            }
            chosen.push(at as usize);
            at += 1.0;
        }
    }
}

/// What happens in the middle of a run.
#[derive(Clone, Copy)]
enum Change {
    None,
    Double,
    Tenfold,
    HalfLeaves,
}

#[derive(Clone, Copy)]
struct Scenario {
    receivers: usize,
    loss: f64,
    change: Change,
    seed: u64,
}

/// The counters of a receiver, brought up to date when it answers.
#[derive(Clone, Copy)]
struct Counters {
    first: Option<u64>,
    received: u32,
    replies: u32,
    next: usize,
    delays: [f64; 2],
}

struct Outcome {
    /// Replies in the busiest second of the first two rounds, and after them without the two
    /// rounds of a change.
    start: usize,
    busiest: usize,
    at_change: usize,
    /// Relative errors after 6 rounds, 20 rounds and at the end.
    errors: [f64; 3],
    covered: bool,
}

struct Run {
    scenario: Scenario,
    generator: Generator,
    census: Census,
    counters: HashMap<usize, Counters>,
    /// The probabilities of all requests.
    asked: Vec<f64>,
    /// Arrival, request, receiver and counters of the replies under way.
    pending: Vec<(f64, u64, usize, Reply)>,
    /// When replies were sent.
    sent: Vec<f64>,
}

impl Run {
    /// Sends a request to `count` receivers, of which those from `since` joined at `joined`.
    fn send(&mut self, now: f64, gap: Duration, count: usize, joined: &[(usize, usize)]) {
        let time = Duration::from_secs_f64(now);
        let request = self.census.request(time, gap);
        let number = self.asked.len() as u64;
        self.census.sent(number, time);
        let p = request.probability();
        self.asked.push(p);
        let arrives = 1.0 - self.scenario.loss;
        for id in self.generator.sample(count, p * arrives) {
            let (round, delays) = (self.asked.len() - 1, self.update(id, arrives, joined));
            let counters = self.counters.get_mut(&id).unwrap();
            counters.first.get_or_insert(number);
            counters.received += 1;
            counters.replies += 1;
            counters.next = round + 1;
            let reply = Reply {
                receiver: id as u64,
                first: counters.first.unwrap(),
                received: counters.received,
                replies: counters.replies,
                ..Reply::default()
            };
            let left = now + delays[0] + self.generator.unit() * request.window.as_secs_f64();
            self.sent.push(left);
            if self.generator.unit() < arrives {
                self.pending.push((left + delays[1], number, id, reply));
            }
        }
    }

    /// Draws the requests that a receiver received without an answer. Returns its delays.
    fn update(&mut self, id: usize, arrives: f64, joined: &[(usize, usize)]) -> [f64; 2] {
        let delays = [self.generator.unit(), self.generator.unit()].map(|x| x * LONGEST_DELAY);
        let since = joined.iter().filter(|(from, _)| *from <= id).map(|(_, round)| *round).max();
        let next = since.unwrap_or(0);
        let fresh = Counters { first: None, received: 0, replies: 0, next, delays };
        let mut counters = *self.counters.get(&id).unwrap_or(&fresh);
        for round in counters.next..self.asked.len() - 1 {
            let p = self.asked[round];
            let silent = arrives * (1.0 - p) / (1.0 - arrives * p).max(1e-12);
            if self.generator.unit() < silent {
                counters.first.get_or_insert(round as u64);
                counters.received += 1;
            }
        }
        self.counters.insert(id, counters);
        counters.delays
    }

    /// Delivers the replies that arrive before `now`.
    fn deliver(&mut self, now: f64) {
        let (mut arrived, pending): (Vec<_>, Vec<_>) =
            self.pending.drain(..).partition(|reply| reply.0 < now);
        self.pending = pending;
        arrived.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, round, id, reply) in arrived {
            self.census.reply(round, id as u64, &reply);
        }
    }
}

fn run(scenario: Scenario) -> Outcome {
    let mut run = Run {
        scenario,
        generator: Generator(scenario.seed),
        census: Census::new(BUDGET, STEP),
        counters: HashMap::new(),
        asked: Vec::new(),
        pending: Vec::new(),
        sent: Vec::new(),
    };
    let (mut now, mut rounds, mut count) = (0.0, 0, scenario.receivers);
    let (mut joined, mut changed) = (Vec::new(), f64::INFINITY);
    let (mut errors, mut steady) = (Vec::new(), 0.0);
    let mut covered = true;
    while rounds < ROUNDS {
        if rounds == ROUNDS / 2 && changed.is_infinite() {
            changed = now;
            joined.push((count, run.asked.len()));
            match scenario.change {
                Change::None => changed = f64::MAX,
                Change::Double => count *= 2,
                Change::Tenfold => count *= 10,
                Change::HalfLeaves => count /= 2,
            }
        }
        run.send(now, INTERVAL, count, &joined);
        let gap = run.census.gap(INTERVAL);
        rounds += usize::from(!run.census.is_starting());
        if run.asked.len() == 2 {
            steady = now + gap.as_secs_f64();
        }
        now += gap.as_secs_f64();
        run.deliver(now);
        if [6, 20, ROUNDS].contains(&rounds) {
            let estimate = run.census.estimate(Duration::from_secs_f64(now));
            errors.push(estimate.receivers / count as f64 - 1.0);
            covered = estimate.exact || (estimate.low..=estimate.high).contains(&(count as f64));
        }
    }
    run.sent.sort_by(f64::total_cmp);
    // A change shows after a window and a round-trip time, and its replies leave until then.
    let is_change = |time: f64| (changed..changed + 3.0).contains(&time);
    let busiest = |of: &dyn Fn(f64) -> bool| {
        let times: Vec<f64> = run.sent.iter().copied().filter(|time| of(*time)).collect();
        let mut from = 0;
        let most = |(to, time): (usize, &f64)| {
            while times[from] <= time - 1.0 {
                from += 1;
            }
            to - from + 1
        };
        times.iter().enumerate().map(most).max().unwrap_or(0)
    };
    // Requests of the first two rounds are answered until a window and a delay later.
    let steady = steady + LONGEST_DELAY;
    Outcome {
        start: busiest(&|time| time < steady),
        busiest: busiest(&|time| time >= steady && !is_change(time)),
        at_change: busiest(&is_change),
        errors: [errors[0], errors[1], errors[2]],
        covered,
    }
}

fn scenarios() -> Vec<Scenario> {
    let mut all = Vec::new();
    for receivers in [10, 100, 1000, 10_000, 100_000, 1_000_000] {
        for loss in [0.0, 0.2] {
            all.push(Scenario { receivers, loss, change: Change::None, seed: 1 });
        }
    }
    for receivers in [50, 100_000] {
        for change in [Change::Double, Change::Tenfold, Change::HalfLeaves] {
            all.push(Scenario { receivers, loss: 0.05, change, seed: 2 });
        }
    }
    all
}

fn row(scenario: &Scenario, outcome: &Outcome) -> String {
    let change = match scenario.change {
        Change::None => "none",
        Change::Double => "doubles",
        Change::Tenfold => "tenfold",
        Change::HalfLeaves => "half leaves",
    };
    let at_change = match scenario.change {
        Change::None => "-".to_owned(),
        _ => outcome.at_change.to_string(),
    };
    let mut line = format!(
        "| {} | {:.0} % | {change} | {} | {} | {at_change} |",
        scenario.receivers,
        scenario.loss * 100.0,
        outcome.start,
        outcome.busiest
    );
    for error in outcome.errors {
        write!(line, " {:+.1} % |", error * 100.0 + 0.0).unwrap();
    }
    line.replace("+-", "-").replace("-0.0 %", "+0.0 %")
}

#[test]
#[expect(clippy::print_stdout, reason = "the documentation shows this table")]
fn replies_stay_below_the_budget_and_estimates_are_close() {
    let outcomes: Vec<(Scenario, Outcome)> =
        scenarios().into_iter().map(|scenario| (scenario, run(scenario))).collect();
    let table: Vec<String> =
        outcomes.iter().map(|(scenario, outcome)| row(scenario, outcome)).collect();
    println!("{}", table.join("\n"));
    for (row, (_, outcome)) in table.iter().zip(&outcomes) {
        assert!(outcome.busiest <= BUDGET as usize, "{row}");
        assert!(outcome.errors[2].abs() < 0.1, "{row}");
    }
    let page = include_str!("../../docs/large-groups.md");
    assert!(page.contains(&table.join("\n")), "docs/large-groups.md has another table");
}

/// The excess of a change is left out, as in the table.
#[test]
fn the_budget_does_not_depend_on_the_seed() {
    for seed in 0..30 {
        let receivers = [300, 3000, 100_000][seed as usize % 3];
        let change = [Change::None, Change::Tenfold][seed as usize % 2];
        let outcome = run(Scenario { receivers, loss: 0.05, change, seed: 1000 + seed });
        assert!(outcome.busiest <= BUDGET as usize, "seed {seed}: {}", outcome.busiest);
    }
}

#[test]
fn the_range_contains_the_number_in_most_runs() {
    let runs = (0..20).map(|seed| {
        run(Scenario { receivers: 20_000, loss: 0.1, change: Change::None, seed: 100 + seed })
    });
    let outcomes: Vec<Outcome> = runs.collect();
    let covered = outcomes.iter().filter(|outcome| outcome.covered).count();
    let bias = outcomes.iter().map(|outcome| outcome.errors[2]).sum::<f64>() / 20.0;
    assert!(covered >= 17, "{covered} of 20");
    assert!(bias.abs() < 0.02, "{bias}");
}

#[test]
fn few_receivers_are_counted_at_once_and_exactly() {
    let mut census = Census::new(BUDGET, Duration::from_millis(50));
    let mut now = Duration::ZERO;
    let mut number = 0;
    loop {
        let request = census.request(now, INTERVAL);
        census.sent(number, now);
        now += census.gap(INTERVAL);
        if !census.is_starting() {
            assert_eq!(request.share, u32::MAX);
            break;
        }
        number += 1;
    }
    assert_eq!(number, 2);
    for receiver in 0..3 {
        let reply = Reply { first: 0, received: 3, replies: 1, ..Reply::default() };
        census.reply(number, receiver, &reply);
    }
    let estimate = census.estimate(now);
    assert_eq!((estimate.receivers, estimate.exact), (3.0, true));
    let request = census.request(now, INTERVAL);
    assert_eq!((request.window, request.share), (Duration::ZERO, u32::MAX));
}

/// Of 200 receivers, one in twelve runs has an answer to the first request.
#[test]
fn an_early_answer_does_not_make_a_sample_of_a_small_group() {
    let mut census = Census::new(BUDGET, STEP);
    let mut now = Duration::ZERO;
    for number in 0..10 {
        let request = census.request(now, INTERVAL);
        if !census.is_starting() {
            assert_eq!(request.share, u32::MAX);
            assert!(number <= 3, "{number} samples");
            return;
        }
        census.sent(number, now);
        // The second request brings as many answers as its share lets expect.
        let answers = if number == 0 { 1.0 } else { 200.0 * request.probability() };
        for receiver in 0..answers.round() as u64 {
            let reply = Reply { first: number, received: 1, replies: 1, ..Reply::default() };
            census.reply(number, 1000 * number + receiver, &reply);
        }
        now += census.gap(INTERVAL);
    }
    panic!("the start does not end");
}

proptest::proptest! {
    #[test]
    fn any_replies_leave_finite_numbers(
        replies in proptest::collection::vec(
            (0..10_u64, proptest::num::u64::ANY, proptest::num::u64::ANY, proptest::num::u32::ANY),
            0..200,
        ),
        budget in 1..100_000_u64,
    ) {
        let mut census = Census::new(budget, Duration::from_millis(50));
        for round in 0..10 {
            let now = Duration::from_secs(round);
            census.request(now, INTERVAL);
            census.sent(round, now);
            for (of, receiver, first, counter) in &replies {
                let reply =
                    Reply { first: *first, received: *counter, replies: *counter, ..Reply::default() };
                census.reply(*of, *receiver, &reply);
            }
            let estimate = census.estimate(now);
            proptest::prop_assert!(estimate.receivers.is_finite() && estimate.high.is_finite());
            proptest::prop_assert!(estimate.low <= estimate.receivers);
            proptest::prop_assert!(estimate.receivers <= estimate.high);
        }
    }
}
