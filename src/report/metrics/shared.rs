//! The state that the run and the server share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::snapshot::Snapshot;

/// How long a run may report nothing, beside three of its intervals.
const PATIENCE: Duration = Duration::from_secs(10);

/// The state that the run and the server share. Both hold the lock for a few instructions: neither
/// waits while the other encodes or sums up.
#[derive(Debug, Default)]
pub struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    snapshot: Arc<Snapshot>,
    health: Health,
}

/// Whether the run works.
#[derive(Clone, Copy, Debug, Default)]
pub struct Health {
    is_ready: bool,
    /// The last interval, and the time between the last two.
    last: Option<(Instant, Duration)>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest values.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.lock().snapshot)
    }

    /// Whether the run works.
    pub fn health(&self) -> Health {
        self.lock().health
    }

    /// Publishes new values, and whether the run is ready.
    pub fn publish(&self, snapshot: Arc<Snapshot>, health: Health) {
        let before = {
            let mut state = self.lock();
            state.health = health;
            std::mem::replace(&mut state.snapshot, snapshot)
        };
        // The old values are freed without the lock.
        drop(before);
    }
}

impl Health {
    /// The run is ready.
    pub fn set_ready(&mut self) {
        self.is_ready = true;
    }

    /// Whether the run is ready.
    pub fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// The run reported an interval.
    pub fn note_interval(&mut self, now: Instant) {
        let between = self.last.map(|(last, _)| now.saturating_duration_since(last));
        self.last = Some((now, between.unwrap_or_default()));
    }

    /// The reason why the run does not work, if it does not.
    pub fn problem(&self, now: Instant) -> Option<String> {
        if !self.is_ready {
            return Some("not ready: no group is joined and no socket is open yet".to_owned());
        }
        let (last, between) = self.last?;
        let silence = now.saturating_duration_since(last);
        (silence > PATIENCE + 3 * between)
            .then(|| format!("stalled: no report for {} s", silence.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_works_while_it_reports() {
        let mut health = Health::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(health.problem(at(0)).unwrap().starts_with("not ready: "));
        health.set_ready();
        assert_eq!(health.problem(at(1000)), None, "there was no interval yet");
        health.note_interval(at(1));
        health.note_interval(at(2));
        assert_eq!(health.problem(at(15)), None);
        assert_eq!(health.problem(at(16)).unwrap(), "stalled: no report for 14 s");
        health.note_interval(at(60));
        assert_eq!(health.problem(at(200)), None, "its intervals are longer");
        health.note_interval(at(61));
        assert!(health.problem(at(76)).is_some());
    }
}
