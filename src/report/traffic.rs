//! The pace and the shape of a sender's traffic, in text.

use std::io::{self, Write};
use std::time::Duration;

use super::human::rate;
use crate::event::{FormInfo, Sending, ShapeInfo};
use crate::units::rcvbuf::format_duration;

/// `every 100 ms`, `as they come` of lines, `at random times, every 1 ms on average (seed 7)`.
pub fn pace(ready: &Sending) -> String {
    let Some(interval) = ready.interval.filter(|interval| !interval.is_zero()) else {
        let is_lines = ready.input.as_ref().is_some_and(|input| input.form == FormInfo::Lines);
        return if is_lines { "as they come" } else { "as fast as possible" }.to_owned();
    };
    let pps = |interval: Duration| {
        format!("{}pps", rate(ready.burst as f64 / interval.as_secs_f64().max(1e-9)))
    };
    let every = format!("every {}", format_duration(interval));
    match ready.shape {
        None => every,
        Some(ShapeInfo::Poisson) => {
            let seed = ready.seed.map(|seed| format!(" (seed {seed})")).unwrap_or_default();
            format!("at random times, {every} on average{seed}")
        }
        Some(ShapeInfo::Ramp { to, over }) => {
            format!("from {} to {} in {}", pps(interval), pps(to), format_duration(over))
        }
        Some(ShapeInfo::OnOff { on, off }) => {
            let mean = interval.div_duration_f64(on) * (on + off).as_secs_f64();
            format!(
                "{every} for {}, then none for {} (mean {})",
                format_duration(on),
                format_duration(off),
                pps(Duration::try_from_secs_f64(mean).unwrap_or(Duration::MAX))
            )
        }
    }
}

/// `impairing: loss=1%,delay=20ms (seed 7)`.
pub fn impairments(ready: &Sending, out: &mut dyn Write) -> io::Result<()> {
    let Some((impair, seed)) = ready.impair.zip(ready.seed) else { return Ok(()) };
    writeln!(out, "impairing: {impair} (seed {seed})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Program;

    fn shown(nanos: Option<u64>, burst: u64, shape: Option<ShapeInfo>) -> String {
        pace(&Sending {
            program: Program::default(),
            targets: Vec::new(),
            ttl: None,
            dscp: None,
            interval: nanos.map(Duration::from_nanos),
            shape,
            impair: None,
            seed: Some(7),
            burst,
            len_bytes: None,
            input: None,
            reports: None,
            stream: None,
            replay: None,
            playout: None,
        })
    }

    #[test]
    fn a_pace_has_a_unit() {
        assert_eq!(
            [Some(100_000_000), Some(526_400), Some(0), None].map(|nanos| shown(nanos, 1, None)),
            ["every 100 ms", "every 526.4 us", "as fast as possible", "as fast as possible"]
        );
    }

    #[test]
    fn a_shape_shows_its_mean_rate() {
        let time = Duration::from_millis;
        let on_off = ShapeInfo::OnOff { on: time(100), off: time(900) };
        assert_eq!(
            shown(Some(1_000_000), 1, Some(on_off)),
            "every 1 ms for 100 ms, then none for 900 ms (mean 100 pps)"
        );
        let ramp = ShapeInfo::Ramp { to: Duration::from_micros(10), over: time(10_000) };
        assert_eq!(shown(Some(1_000_000), 1, Some(ramp)), "from 1.00 kpps to 100 kpps in 10 s");
        assert_eq!(shown(Some(8_000_000), 8, Some(ramp)), "from 1.00 kpps to 800 kpps in 10 s");
        assert_eq!(
            shown(Some(1_000_000), 1, Some(ShapeInfo::Poisson)),
            "at random times, every 1 ms on average (seed 7)"
        );
    }
}
