//! The time that a task takes, without the time in which other programs use the CPU.

use std::time::{Duration, Instant};

use crate::host;

/// The longest time of a task on a busy CPU.
const MOST_ON_BUSY_CPU: Duration = Duration::from_secs(1);

/// The time that a task has taken. A busy machine does not shorten the task, up to
/// [`MOST_ON_BUSY_CPU`].
pub struct Effort {
    start: Instant,
    cpu: Option<Duration>,
}

impl Effort {
    /// A task that begins now.
    pub fn begin() -> Self {
        Effort { start: Instant::now(), cpu: host::cpu_time() }
    }

    /// When the task began.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// Whether the task has taken `most`.
    pub fn exceeds(&self, most: Duration) -> bool {
        let elapsed = self.start.elapsed();
        elapsed >= most && is_over(elapsed, self.cpu_time(), most)
    }

    fn cpu_time(&self) -> Option<Duration> {
        host::cpu_time().zip(self.cpu).map(|(now, then)| now.saturating_sub(then))
    }
}

fn is_over(elapsed: Duration, cpu: Option<Duration>, most: Duration) -> bool {
    elapsed >= MOST_ON_BUSY_CPU || cpu.unwrap_or(elapsed) >= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_do_not_shorten_a_task() {
        let ms = Duration::from_millis;
        for (elapsed, cpu, expected) in [
            (50, Some(50), false),
            (80, Some(80), true),
            (80, Some(20), false),
            (999, Some(74), false),
            (1000, Some(74), true),
            (80, None, true),
            (50, None, false),
        ] {
            let found = is_over(ms(elapsed), cpu.map(ms), ms(75));
            assert_eq!(found, expected, "{elapsed} ms, CPU {cpu:?} ms");
        }
    }
}
