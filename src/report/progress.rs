//! How far a run is, and how long it still takes: one line at the end of a terminal, which vanishes
//! when the run ends.
//!
//! It costs a run nothing but a comparison of times that its loop has at hand: what is counted is
//! looked at when the line is drawn, ten times a second at most, and never where the next round of
//! a sender is close.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::human::rate;
use super::style::{Paint, is_dumb};
use crate::stats::Meter;
use crate::units::words::count;

/// From the beginning of a run to the first drawing: a run that ends at once needs none.
const FIRST: Duration = Duration::from_millis(250);

/// From one drawing to the next.
const EVERY: Duration = Duration::from_millis(100);

/// The same where something was written over it in between.
const AGAIN: Duration = Duration::from_millis(25);

/// How much time there must be until the next round: many times what a drawing takes.
const ROOM: Duration = Duration::from_micros(500);

/// Who never has that much time draws all the same, this seldom.
const STARVED: Duration = Duration::from_millis(500);

/// The time over which rates are measured.
const WINDOW: Duration = Duration::from_secs(3);

/// The columns that stay free, so that a ^C that the terminal echoes does not begin a new line.
const SPARE: u16 = 4;

/// What a run goes towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// When it began.
    pub start: Instant,
    /// It ends after this many datagrams.
    pub count: Option<u64>,
    /// It ends after this time.
    pub duration: Option<Duration>,
    /// How long `count` takes as far as the plan knows.
    pub planned: Option<Duration>,
    /// The longest that it waits for `count`.
    pub timeout: Option<Duration>,
}

impl Goal {
    /// A run that ends by itself, nobody knows when.
    pub fn open(start: Instant) -> Self {
        Goal { start, count: None, duration: None, planned: None, timeout: None }
    }

    /// How much of the way is behind it, from 0 to 1; `None` where nobody knows. What ends first
    /// decides.
    fn fraction(&self, now: Instant, done: u64) -> Option<f64> {
        let of_count = self.count.map(|count| done as f64 / count.max(1) as f64);
        let elapsed = now.saturating_duration_since(self.start).as_secs_f64();
        let of_time =
            self.duration.map(|duration| elapsed / duration.as_secs_f64().max(f64::MIN_POSITIVE));
        let fraction = of_count.into_iter().chain(of_time).reduce(f64::max)?;
        Some(fraction.clamp(0.0, 1.0))
    }

    /// How much time is left; `None` where nobody knows. `by_count` is how long `count` still takes
    /// at the speed that was measured.
    fn left(&self, now: Instant, by_count: Option<Duration>) -> Option<Duration> {
        let rest = |time: Duration| time.saturating_sub(now.saturating_duration_since(self.start));
        let by_count = self.count.and(by_count.or(self.planned.map(rest)));
        let timeout = self.count.and(self.timeout).map(rest);
        [by_count, self.duration.map(rest), timeout].into_iter().flatten().min()
    }
}

/// What had been counted at one time.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// When it was looked at.
    seen: Instant,
    /// The time of the last datagram, which is more exact.
    time: SystemTime,
    done: u64,
    datagrams: u64,
    bytes: u64,
}

/// What was counted lately: the last seconds, or the last two changes where these are longer ago.
#[derive(Debug, Default)]
struct Recent(VecDeque<Sample>);

/// How fast it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Speed {
    pps: f64,
    bps: f64,
    /// Steps towards the count a second.
    done: f64,
    /// How much of the way to the next change is behind it.
    since: Duration,
}

impl Recent {
    /// Takes note of what was counted by `now`.
    fn note(&mut self, now: Instant, done: u64, meter: &Meter) {
        let Some(time) = meter.last() else { return };
        if self.0.back().is_some_and(|last| last.datagrams == meter.datagrams) {
            return;
        }
        self.0.push_back(Sample {
            seen: now,
            time,
            done,
            datagrams: meter.datagrams,
            bytes: meter.bytes,
        });
        while self.0.len() > 2 && self.0.front().is_some_and(|first| first.seen + WINDOW < now) {
            self.0.pop_front();
        }
    }

    /// How fast it goes; `None` until it is known. Silence counts as soon as it is longer than the
    /// changes were apart.
    fn speed(&self, now: Instant) -> Option<Speed> {
        let (first, last) = (self.0.front()?, self.0.back()?);
        let span =
            last.time.duration_since(first.time).ok().filter(|span| !span.is_zero())?.as_secs_f64();
        let gap = span / (self.0.len() - 1) as f64;
        let silence = now.saturating_duration_since(last.seen).as_secs_f64();
        let span = span + (silence - gap).max(0.0);
        let a_second = |before: u64, after: u64| after.saturating_sub(before) as f64 / span;
        Some(Speed {
            pps: a_second(first.datagrams, last.datagrams),
            bps: a_second(first.bytes, last.bytes) * 8.0,
            done: a_second(first.done, last.done),
            since: Duration::from_secs_f64(silence.min(gap)),
        })
    }
}

impl Speed {
    /// How long so many more steps take.
    fn time_for(&self, steps: u64) -> Option<Duration> {
        Duration::try_from_secs_f64(steps as f64 / self.done)
            .ok()
            .map(|time| time.saturating_sub(self.since))
    }
}

/// What the line shows.
#[derive(Clone, Copy, Debug)]
struct View {
    fraction: Option<f64>,
    left: Option<Duration>,
    elapsed: Duration,
    speed: Option<Speed>,
    done: u64,
    count: Option<u64>,
    datagrams: u64,
}

impl View {
    /// The line, as a template that has the bar's place and width: no wider than `columns`. What
    /// matters less gives way on a narrow terminal.
    fn line(&self, columns: usize, paint: Paint) -> String {
        const LEAST_BAR: usize = 8;
        const MOST_BAR: usize = 50;
        let a_second = |of: fn(&Speed) -> f64, unit: &str, width: usize| match &self.speed {
            Some(speed) => format!("{:<width$}", format!("{}{unit}", rate(of(speed)))),
            None => format!("{:<width$}", format!("-- {unit}")),
        };
        let time = match (self.fraction, self.left) {
            (None, _) => format!("{:<7}", clock(self.elapsed)),
            (_, Some(left)) => format!("{:<10}", format!("{} left", clock(left))),
            (_, None) => format!("{:<10}", "-- left"),
        };
        let count = match self.count {
            Some(all) => format!("{:>width$}/{all}", self.done, width = all.to_string().len()),
            None => count(self.datagrams, "datagram").to_string(),
        };
        let parts = [
            a_second(|speed| speed.pps, "pps", 9),
            count,
            a_second(|speed| speed.bps, "bit/s", 11),
        ];

        // The frame of the bar, and the two spaces before it; a spinner has only its own column.
        let frame = if self.fraction.is_some() { 4 } else { 2 };
        let bar = if self.fraction.is_some() { LEAST_BAR } else { 1 };
        let mut room = columns.saturating_sub(time.len());
        let mut taken = |width: usize| {
            let fits = width <= room;
            room -= if fits { width } else { 0 };
            fits
        };
        let [with_pps, with_bar] = [2 + parts[0].len(), frame + bar].map(&mut taken);
        let [with_count, with_bits] = [2 + parts[1].len(), 2 + parts[2].len()].map(&mut taken);

        let mut line: String = time.chars().take(columns).collect();
        if with_bar && self.fraction.is_some() {
            let width = (LEAST_BAR + room).min(MOST_BAR);
            let _ = write!(line, "  [{}]", paint.good(format_args!("{{bar:{width}}}")));
        } else if with_bar {
            let turn =
                ['|', '/', '-', '\\'][(self.elapsed.as_millis() / EVERY.as_millis() % 4) as usize];
            line.insert_str(0, &format!("{} ", paint.good(turn)));
        }
        for (part, wanted) in
            [(&parts[0], with_pps), (&parts[2], with_bits), (&parts[1], with_count)]
        {
            if wanted {
                let _ = write!(line, "  {part}");
            }
        }
        line
    }
}

/// A time to come: `12 s`, `3:05`, `1:02:03`, `41 d`. Of a second that has begun, the whole is
/// still to come.
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

/// The last line of the terminal, where there may be a bar. Whoever writes there clears it first;
/// it comes back with its next drawing.
#[derive(Clone)]
pub(super) struct Line {
    bars: MultiProgress,
    is_drawn: Arc<AtomicBool>,
}

impl Default for Line {
    fn default() -> Self {
        Line {
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            is_drawn: Arc::default(),
        }
    }
}

impl Line {
    /// Takes away what is drawn.
    pub(super) fn clear(&self) {
        // A terminal that takes nothing (Ctrl-S) must not hold up the end of the run; it would not
        // show anything else either.
        if self.is_drawn() && is_writable() {
            self.is_drawn.store(false, Ordering::Relaxed);
            let _ = self.bars.clear();
        }
    }

    fn is_drawn(&self) -> bool {
        self.is_drawn.load(Ordering::Relaxed)
    }
}

/// The progress of a run, shown or not. It vanishes when this is dropped.
pub struct Progress(Option<Box<Bar>>);

struct Bar {
    goal: Goal,
    line: Line,
    bar: ProgressBar,
    paint: Paint,
    recent: Recent,
    /// When it was drawn, or should have been.
    last: Instant,
    due: Instant,
    /// Whether it was drawn then.
    drawn: bool,
}

impl Progress {
    /// Progress that nobody sees.
    pub(super) fn hidden() -> Self {
        Progress(None)
    }

    /// Progress on standard error, if that is a terminal on which a cursor can be event.
    pub(super) fn on_terminal(goal: Goal, line: &Line, paint: Paint) -> Self {
        if !io::stderr().is_terminal() || is_dumb() {
            return Progress::hidden();
        }
        line.bars.set_draw_target(ProgressDrawTarget::term_like(Box::new(Screen(
            Term::buffered_stderr(),
        ))));
        let bar = line.bars.add(ProgressBar::with_draw_target(
            Some(u64::from(u16::MAX)),
            ProgressDrawTarget::hidden(),
        ));
        let (last, due) = (goal.start, goal.start + FIRST);
        Progress(Some(Box::new(Bar {
            goal,
            line: line.clone(),
            bar,
            paint,
            recent: Recent::default(),
            last,
            due,
            drawn: false,
        })))
    }

    /// When it should be drawn, if it is shown at all: what waits must wake then.
    pub fn due(&self) -> Option<Instant> {
        self.0.as_ref().map(|bar| bar.due)
    }

    /// Draws it, if that is due and there is time: `next` is when the run has something better to
    /// do. `done` counts towards the goal, `meter` has what came or went in all.
    pub fn draw(&mut self, now: Instant, next: Option<Instant>, done: u64, meter: &Meter) {
        let Some(bar) = &mut self.0 else { return };
        if bar.drawn && !bar.line.is_drawn() {
            bar.drawn = false;
            bar.due = bar.due.min(bar.last + AGAIN);
        }
        if now < bar.due {
            return;
        }
        match next.filter(|next| *next < now + ROOM && now < bar.last + STARVED) {
            Some(next) => bar.due = next.max(now),
            None => bar.draw(now, done, meter),
        }
    }
}

impl Bar {
    fn draw(&mut self, now: Instant, done: u64, meter: &Meter) {
        (self.last, self.due) = (now, now + EVERY);
        self.recent.note(now, done, meter);
        self.drawn = is_foreground() && is_writable();
        if !self.drawn {
            // Of a run in the background the line is now somebody else's, such as the shell's.
            self.line.is_drawn.store(self.line.is_drawn() && is_foreground(), Ordering::Relaxed);
            return;
        }
        let Goal { start, count, .. } = self.goal;
        let speed = self.recent.speed(now);
        let by_count =
            count.zip(speed).and_then(|(count, speed)| speed.time_for(count.saturating_sub(done)));
        let view = View {
            fraction: self.goal.fraction(now, done),
            left: self.goal.left(now, by_count),
            elapsed: now.saturating_duration_since(start),
            speed,
            done,
            count,
            datagrams: meter.datagrams,
        };
        let columns = Screen(Term::buffered_stderr()).width();
        let Ok(style) = ProgressStyle::with_template(&view.line(usize::from(columns), self.paint))
        else {
            return;
        };
        self.bar.set_style(style.progress_chars("#>-"));
        self.line.is_drawn.store(true, Ordering::Relaxed);
        let position = view.fraction.unwrap_or(0.0) * f64::from(u16::MAX);
        self.bar.update(|state| state.set_pos(position as u64));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.line.clear();
        self.line.bars.remove(&self.bar);
        self.line.bars.set_draw_target(ProgressDrawTarget::hidden());
    }
}

/// Standard error as a terminal, a little narrower than it is.
#[derive(Debug)]
struct Screen(Term);

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(SPARE).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether the terminal is ours to draw on: what runs in the background, or as the COMMAND of a
/// receiver, leaves its last line to others.
#[cfg(unix)]
fn is_foreground() -> bool {
    // A terminal that controls nothing has no foreground.
    nix::unistd::tcgetpgrp(io::stderr()).map_or(true, |group| group == nix::unistd::getpgrp())
}

/// Whether a write would not have to wait.
#[cfg(unix)]
fn is_writable() -> bool {
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, PollTimeout};
    let stderr = io::stderr();
    let mut polled = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    let _ = nix::poll::poll(&mut polled, PollTimeout::ZERO);
    polled[0].revents().is_some_and(|events| events.contains(PollFlags::POLLOUT))
}

/// Elsewhere there is no telling.
#[cfg(not(unix))]
fn is_foreground() -> bool {
    true
}

/// Elsewhere there is no telling.
#[cfg(not(unix))]
fn is_writable() -> bool {
    true
}

#[cfg(test)]
mod tests;
