use std::time::SystemTime;

use proptest::prelude::*;

use super::*;

const S: Duration = Duration::from_secs(1);

fn goal(count: Option<u64>, duration: Option<Duration>) -> Goal {
    Goal { count, duration, ..Goal::open(Instant::now()) }
}

/// The speed `now`, in ms, of datagrams of 125 bytes that arrived at `times`, in ms.
fn speed(times: &[u64], now: u64) -> Option<(String, String)> {
    let (start, mut meter, mut recent) = (Instant::now(), Meter::default(), Recent::default());
    for time in times {
        meter.add(SystemTime::UNIX_EPOCH + Duration::from_millis(*time), 125);
        recent.note(start + Duration::from_millis(*time), meter.datagrams, &meter);
    }
    let speed = recent.speed(start + Duration::from_millis(now))?;
    Some((rate(speed.pps).to_string(), speed.time_for(4).map_or_else(String::new, clock)))
}

fn plain(view: &View, columns: usize) -> String {
    view.line(columns, Paint::new(super::super::ColorWhen::Never, &io::stderr()))
}

fn view() -> View {
    View {
        fraction: Some(0.43),
        left: Some(12 * S),
        elapsed: 9 * S,
        speed: Some(Speed { pps: 1000.0, bps: 512e3, done: 1000.0, since: Duration::ZERO }),
        done: 4312,
        count: Some(10_000),
        bytes: None,
        datagrams: 4312,
    }
}

/// The line of a run with an end, of one without, and of one over a file, at `columns`.
pub fn sample(columns: usize) -> [String; 3] {
    let open = View { fraction: None, left: None, count: None, ..view() };
    [view(), open, of_a_file()].map(|view| plain(&view, columns))
}

fn of_a_file() -> View {
    View { count: None, bytes: Some(1_000_000_000), done: 430_000_000, ..view() }
}

#[test]
fn a_file_is_measured_in_bytes() {
    let line = plain(&of_a_file(), 60);
    assert!(line.ends_with("]   430 MB of 1.00 GB"), "{line}");
    let goal = Goal { bytes: Some(200), ..goal(None, None) };
    assert_eq!(goal.fraction(goal.start, 50), Some(0.25));
}

#[test]
fn the_first_limit_decides_the_progress() {
    let both = goal(Some(100), Some(10 * S));
    assert_eq!(both.fraction(both.start + 2 * S, 50), Some(0.5));
    assert_eq!(both.fraction(both.start + 8 * S, 50), Some(0.8));
    assert_eq!(both.fraction(both.start + 12 * S, 100), Some(1.0), "never more than all");
    let open = goal(None, None);
    assert_eq!(open.fraction(open.start + S, 5), None);
}

#[test]
fn the_first_limit_decides_the_time_left() {
    let both = goal(Some(100), Some(10 * S));
    let now = both.start + 4 * S;
    assert_eq!(
        (both.left(now, Some(3 * S)), both.left(now, Some(60 * S))),
        (Some(3 * S), Some(6 * S))
    );
    assert_eq!(goal(Some(100), None).left(now, None), None, "nothing has come that would tell");
    let planned = Goal { count: Some(3), planned: Some(20 * S), ..both };
    assert_eq!(
        (planned.left(now, None), planned.left(now + 60 * S, None)),
        (Some(6 * S), Some(Duration::ZERO))
    );
    let bounded = Goal { duration: None, timeout: Some(5 * S), ..both };
    assert_eq!((bounded.left(now, None), bounded.left(now, Some(S / 2))), (Some(S), Some(S / 2)));
    assert_eq!(
        Goal { count: None, ..bounded }.left(now, None),
        None,
        "it would be over with the first datagram"
    );
}

#[test]
fn the_speed_is_that_of_the_last_seconds() {
    assert_eq!(speed(&[], 100), None);
    assert_eq!(speed(&[100], 200), None);
    let steady: Vec<u64> = (0..60).map(|n| n * 100).collect();
    assert_eq!(speed(&steady, 5900), Some(("10.0 ".into(), "1 s".into())));
    let faster: Vec<u64> =
        (0..5).map(|n| n * 1000).chain((0..100).map(|n| 5000 + n * 50)).collect();
    assert_eq!(speed(&faster, 9950), Some(("20.0 ".into(), "1 s".into())));
}

#[test]
fn a_slow_sender_is_measured_by_two_datagrams() {
    let seldom = [0, 10_000, 20_000];
    assert_eq!(speed(&seldom, 20_000), Some(("0.10 ".into(), "40 s".into())));
    assert_eq!(speed(&seldom, 29_000), Some(("0.10 ".into(), "31 s".into())));
}

#[test]
fn silence_lowers_the_speed() {
    let steady: Vec<u64> = (0..60).map(|n| n * 100).collect();
    assert_eq!(
        speed(&steady, 5900 + 100 + 3000),
        Some(("5.00 ".into(), "1 s".into())),
        "half of the time nothing came"
    );
    let (pps, _) = speed(&steady, 600_000).unwrap();
    assert_eq!(pps, "0.05 ");
}

#[test]
fn a_clock_that_is_set_back_does_not_panic() {
    assert_eq!(speed(&[5000, 100], 5100), None);
}

#[test]
fn times_have_units() {
    let millis = |millis| clock(Duration::from_millis(millis));
    assert_eq!(
        [millis(0), millis(1), millis(11_001), millis(59_999)],
        ["0 s", "1 s", "12 s", "1:00"]
    );
    assert_eq!(
        [millis(185_000), millis(3_723_000), millis(3_600_000 * 1000)],
        ["3:05", "1:02:03", "41 d"]
    );
    assert_eq!(
        clock(Duration::MAX - Duration::from_millis(300)),
        "213503982334601 d",
        "more than a clock can count"
    );
}

#[test]
fn a_narrow_terminal_leaves_out_parts() {
    let bar = |full, width| format!("{:-<width$}", "#".repeat(full) + ">");
    let lines = [76, 52, 36, 30, 21, 12, 4].map(|columns| plain(&view(), columns));
    assert_eq!(
        lines,
        [
            format!("12 s left   [{}]  1.00 kpps  512 kbit/s    4312/10000", bar(10, 25)),
            format!("12 s left   [{}]  1.00 kpps   4312/10000", bar(6, 14)),
            format!("12 s left   [{}]  1.00 kpps", bar(4, 11)),
            "12 s left   1.00 kpps".to_owned(),
            "12 s left   1.00 kpps".to_owned(),
            "12 s left ".to_owned(),
            "12 s".to_owned(),
        ]
    );
}

#[test]
fn a_bar_is_empty_at_the_start_and_full_at_the_end() {
    assert_eq!(
        [0.0, 0.01, 0.5, 0.99, 1.0].map(|fraction| bar_of(fraction, 8)),
        ["--------", ">-------", "####>---", "#######>", "########"]
    );
}

#[test]
fn a_run_without_a_known_end_has_no_bar() {
    let open = View { fraction: None, left: None, count: None, ..view() };
    assert_eq!(
        plain(&open, 76),
        "/ 9 s      1.00 kpps  512 kbit/s   4312 datagrams".replacen('/', "-", 1)
    );
    let unknown = View { left: None, speed: None, done: 0, ..view() };
    assert!(
        plain(&unknown, 76).starts_with("-- left     [")
            && plain(&unknown, 76).contains("]  -- pps     -- bit/s         0/10000")
    );
}

proptest! {
    #[test]
    fn the_line_never_wraps(
        columns in 1..200_usize,
        left in proptest::option::of(0..u64::MAX),
        fraction in proptest::option::of(0.0..1.0),
        pps in proptest::option::of(0.0..1e15),
        done: u64,
        count in proptest::option::of(any::<u64>()),
    ) {
        let speed = pps.map(|pps| Speed { pps, bps: pps * 1e4, done: pps, since: Duration::ZERO });
        let view =
            View { fraction, left: left.map(Duration::from_secs), speed, done, count, ..view() };
        let line = plain(&view, columns);
        prop_assert!(line.chars().count() <= columns, "{columns}: {line:?}");
    }
}
