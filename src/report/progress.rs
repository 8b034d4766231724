//! The progress of a run and the time left, on the last line of the terminal. The line is cleared
//! when the run ends.
//!
//! Drawing must not disturb the run: the counters are read only for a drawing, ten times a second
//! at most, and not shortly before the next round of a sender.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use console::Term;

use super::full_screen::{FullScreen, RunProgress};
use super::human::rate;
use super::screen::finished;
use super::style::{Paint, is_dumb};
use crate::stats::Meter;
use crate::sys;
use crate::units::words::count;

/// From the start to the first drawing: a run that ends at once needs none.
const FIRST: Duration = Duration::from_millis(250);
/// From one drawing to the next.
const EVERY: Duration = Duration::from_millis(100);
/// The same if other output has replaced the line.
const AGAIN: Duration = Duration::from_millis(25);
/// The least time to the next round of a sender: many times the duration of a drawing.
const MARGIN: Duration = Duration::from_micros(500);
/// A sender without this margin still draws after this time.
const STARVED: Duration = Duration::from_millis(500);
/// The time over which rates are measured.
const WINDOW: Duration = Duration::from_secs(3);
/// The columns that stay free: the ^C that a terminal echoes must not begin a new line.
const SPARE: u16 = 4;

/// The limits that end a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The start of the run.
    pub start: Instant,
    /// The run ends after this many datagrams.
    pub count: Option<u64>,
    /// The run ends after this number of bytes of its input.
    pub bytes: Option<u64>,
    /// The run ends after this time.
    pub duration: Option<Duration>,
    /// The planned time for `count`.
    pub planned: Option<Duration>,
    /// The longest wait for `count`.
    pub timeout: Option<Duration>,
}

impl Goal {
    /// A run that ends by itself at an unknown time.
    pub fn open(start: Instant) -> Self {
        Goal { start, count: None, bytes: None, duration: None, planned: None, timeout: None }
    }

    /// The finished part of the run, from 0 to 1. The limit that ends the run first decides.
    fn fraction(&self, now: Instant, done: u64) -> Option<f64> {
        let of_count = self.count.or(self.bytes).map(|all| done as f64 / all.max(1) as f64);
        let elapsed = now.saturating_duration_since(self.start).as_secs_f64();
        let of_time = self.duration.map(|all| elapsed / all.as_secs_f64().max(f64::MIN_POSITIVE));
        of_count.into_iter().chain(of_time).reduce(f64::max).map(|part| part.clamp(0.0, 1.0))
    }

    /// The time left. `measured` is the time that `count` still takes at the current speed.
    fn left(&self, now: Instant, measured: Option<Duration>) -> Option<Duration> {
        let rest = |time: Duration| time.saturating_sub(now.saturating_duration_since(self.start));
        let by_count = self.count.and(measured.or(self.planned.map(rest)));
        let timeout = self.count.and(self.timeout).map(rest);
        [by_count, self.duration.map(rest), timeout].into_iter().flatten().min()
    }
}

/// The counters at one time.
#[derive(Debug)]
struct Sample {
    seen: Instant,
    done: u64,
    meter: Meter,
}

/// The samples in which the counters changed: those of the last seconds, and at least two.
#[derive(Debug, Default)]
struct Recent(VecDeque<Sample>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Speed {
    pps: f64,
    bps: f64,
    /// Steps towards the count, per second.
    done: f64,
    /// The time since the last change, at most the usual time between two changes.
    since: Duration,
}

impl Recent {
    fn note(&mut self, now: Instant, done: u64, meter: &Meter) {
        if meter.datagrams == self.0.back().map_or(0, |last| last.meter.datagrams) {
            return;
        }
        self.0.push_back(Sample { seen: now, done, meter: meter.clone() });
        while self.0.len() > 2 && self.0[0].seen + WINDOW < now {
            self.0.pop_front();
        }
    }

    /// The speed by the times of the datagrams, which are more exact than the times of drawings. A
    /// silence counts once it is longer than the usual time between two changes.
    fn speed(&self, now: Instant) -> Option<Speed> {
        let (first, last) = (self.0.front()?, self.0.back()?);
        let span = last.meter.last()?.duration_since(first.meter.last()?).as_secs_f64();
        let gap = span / (self.0.len() - 1) as f64;
        let silence = now.saturating_duration_since(last.seen).as_secs_f64();
        let counted = span + (silence - gap).max(0.0);
        let per_second = |before: u64, after: u64| after.saturating_sub(before) as f64 / counted;
        (span > 0.0).then(|| Speed {
            pps: per_second(first.meter.datagrams, last.meter.datagrams),
            bps: per_second(first.meter.bytes, last.meter.bytes) * 8.0,
            done: per_second(first.done, last.done),
            since: Duration::from_secs_f64(silence.min(gap)),
        })
    }
}

impl Speed {
    fn time_for(&self, steps: u64) -> Option<Duration> {
        let time = Duration::try_from_secs_f64(steps as f64 / self.done).ok()?;
        Some(time.saturating_sub(self.since))
    }
}

/// The values on the line.
#[derive(Clone, Copy, Debug)]
struct View {
    fraction: Option<f64>,
    left: Option<Duration>,
    elapsed: Duration,
    speed: Option<Speed>,
    done: u64,
    count: Option<u64>,
    /// The length of the input.
    bytes: Option<u64>,
    datagrams: u64,
}

impl View {
    /// The line, no wider than `columns`: on a narrow terminal the less important parts are left
    /// out.
    fn line(&self, columns: usize, paint: Paint) -> String {
        const LEAST_BAR: usize = 8;
        const MOST_BAR: usize = 50;
        let speed =
            |of: fn(Speed) -> f64| self.speed.map_or("-- ".into(), |s| rate(of(s)).to_string());
        let pps = format!("  {:<9}", speed(|speed| speed.pps) + "pps");
        let bits = format!("  {:<11}", speed(|speed| speed.bps) + "bit/s");
        let (pps, bits) = match self.bytes {
            // Those of the capture, which do not matter to somebody who waits.
            Some(_) => (String::new(), String::new()),
            None => (pps, bits),
        };
        let count = match self.count {
            _ if self.bytes.is_some() => {
                let bytes = |bytes: u64| format!("{}B", rate(bytes as f64));
                format!("  {:>7} of {}", bytes(self.done), bytes(self.bytes.unwrap_or(0)))
            }
            Some(all) => format!("  {:>width$}/{all}", self.done, width = all.to_string().len()),
            None => format!("  {}", count(self.datagrams, "datagram")),
        };
        let (time, bar) = match (self.fraction, self.left) {
            (None, _) => (format!("{:<7}", clock(self.elapsed)), "/ ".len()),
            (_, Some(left)) => (format!("{:<10}", clock(left) + " left"), "  []".len() + LEAST_BAR),
            (_, None) => (format!("{:<10}", "-- left"), "  []".len() + LEAST_BAR),
        };

        let mut room = columns.saturating_sub(time.len());
        // The most important part first.
        let [with_pps, with_bar, with_count, with_bits] = [pps.len(), bar, count.len(), bits.len()]
            .map(|width| {
                let fits = width <= room;
                room -= if fits { width } else { 0 };
                fits
            });
        let mut line = format!("{time:.columns$}");
        match self.fraction {
            Some(fraction) if with_bar => {
                let bar = bar_of(fraction, (LEAST_BAR + room).min(MOST_BAR));
                line += &format!("  [{}]", paint.strong(bar));
            }
            None if with_bar => {
                let turn = self.elapsed.as_millis() / EVERY.as_millis() % 4;
                line = format!("{} {line}", paint.strong(['|', '/', '-', '\\'][turn as usize]));
            }
            _ => {}
        }
        let parts = [(with_pps, pps), (with_bits, bits), (with_count, count)];
        line.extend(parts.into_iter().filter_map(|(wanted, part)| wanted.then_some(part)));
        line
    }
}

fn bar_of(fraction: f64, width: usize) -> String {
    let full = (fraction * width as f64) as usize;
    let head = if fraction > 0.0 && full < width { ">" } else { "" };
    format!("{:-<width$}", "#".repeat(full) + head)
}

/// A time left, rounded up to seconds: `12 s`, `3:05`, `1:02:03`, `41 d`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes}:{:02}", seconds % 60),
        3600..360_000 => format!("{hours}:{minutes:02}:{:02}", seconds % 60),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Whether the last line of the terminal shows progress. All other output clears it first, and the
/// next drawing restores it.
#[derive(Clone, Default)]
pub(super) struct ProgressLine(Arc<AtomicBool>);

impl ProgressLine {
    pub(super) fn clear(&self) {
        // A stopped terminal (Ctrl-S) must not delay the end of the run.
        if self.is_drawn() && sys::stderr_is_writable() {
            self.0.store(false, Ordering::Relaxed);
            let _ = Term::stderr().clear_line();
        }
    }

    fn draw(&self, text: &str) -> io::Result<()> {
        let term = Term::buffered_stderr();
        if self.0.swap(true, Ordering::Relaxed) {
            term.clear_line()?;
        }
        term.write_str(text)?;
        term.flush()
    }

    fn is_drawn(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The progress of a run, shown or not. Dropping it clears the line.
pub struct Progress {
    /// `None` if no progress is shown.
    goal: Option<Goal>,
    line: ProgressLine,
    /// The view that shows the progress instead of the line.
    view: Option<FullScreen>,
    paint: Paint,
    recent: Recent,
    /// The time of the last drawing, done or left out.
    last: Instant,
    due: Instant,
    /// Whether the last drawing was done.
    drawn: bool,
}

impl Progress {
    /// Progress on standard error, if that is a terminal with a movable cursor.
    pub(super) fn new(goal: Option<Goal>, line: &ProgressLine, paint: Paint) -> Self {
        let goal = goal.filter(|_| io::stderr().is_terminal() && !is_dumb());
        Self::of(goal, line, None, paint)
    }

    /// Progress in a full-screen view.
    pub(super) fn in_view(goal: Option<Goal>, view: &FullScreen, paint: Paint) -> Self {
        Self::of(goal, &ProgressLine::default(), Some(view.clone()), paint)
    }

    fn of(goal: Option<Goal>, line: &ProgressLine, view: Option<FullScreen>, paint: Paint) -> Self {
        let last = goal.map_or_else(Instant::now, |goal| goal.start);
        let (line, recent, due) = (line.clone(), Recent::default(), last + FIRST);
        Progress { goal, line, view, paint, recent, last, due, drawn: false }
    }

    /// Changes the goal of a run whose length changes.
    pub fn aim(&mut self, goal: Goal) {
        self.goal = self.goal.map(|_| goal);
    }

    /// The time of the next drawing: a wait must end then.
    pub fn due(&self) -> Option<Instant> {
        self.goal.map(|_| self.due)
    }

    /// Draws if it is due and the run has time: `next` is the run's next deadline. `done` counts
    /// towards the goal, `meter` counts everything.
    pub fn draw(&mut self, now: Instant, next: Option<Instant>, done: u64, meter: &Meter) {
        let Some(goal) = self.goal else { return };
        if self.drawn && !self.line.is_drawn() {
            self.drawn = false;
            self.due = self.due.min(self.last + AGAIN);
        }
        if now < self.due {
            return;
        }
        if let Some(next) = next.filter(|at| *at < now + MARGIN && now < self.last + STARVED) {
            self.due = next.max(now);
            return;
        }
        (self.last, self.due) = (now, now + EVERY);
        self.recent.note(now, done, meter);
        if let Some(view) = &self.view {
            let View { fraction, left, .. } = self.state(goal, now, done, meter);
            return view.set_progress(RunProgress { fraction, left });
        }
        let is_foreground = sys::stderr_is_foreground();
        self.drawn = is_foreground && sys::stderr_is_writable();
        if !self.drawn {
            // The last line now belongs to the program in the foreground, for example the shell.
            self.line.0.fetch_and(is_foreground, Ordering::Relaxed);
            return;
        }
        let view = self.state(goal, now, done, meter);
        let columns = Term::stderr().size().1.saturating_sub(SPARE).max(1);
        let line = view.line(usize::from(columns), self.paint);
        let _ = self.line.draw(&String::from_utf8_lossy(&finished(line.as_bytes(), None)));
    }

    fn state(&self, goal: Goal, now: Instant, done: u64, meter: &Meter) -> View {
        let speed = self.recent.speed(now);
        let steps = goal.count.map(|count| count.saturating_sub(done));
        let measured = speed.zip(steps).and_then(|(speed, steps)| speed.time_for(steps));
        let fraction = goal.fraction(now, done);
        let elapsed = now.saturating_duration_since(goal.start);
        let left = match (goal.bytes, fraction) {
            (Some(_), Some(part)) => {
                Duration::try_from_secs_f64(elapsed.as_secs_f64() * (1.0 - part) / part).ok()
            }
            _ => goal.left(now, measured),
        };
        View {
            fraction,
            left,
            elapsed,
            speed,
            done,
            count: goal.count,
            bytes: goal.bytes,
            datagrams: meter.datagrams,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.line.clear();
    }
}

#[cfg(test)]
pub mod tests;
