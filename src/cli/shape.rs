//! The options of `mcast send` that shape and impair its traffic.

use std::time::Duration;

use clap::{ArgGroup, Args};

use super::help::PACE;
use super::{ImpairArg, impair, values};
use crate::units::Rate;

/// How the datagrams are distributed over time, and the faults that are injected.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("random").args(["poisson", "impair"]).multiple(true))]
pub struct ShapeArgs {
    /// Send at random times: a Poisson process with the mean of --rate or --interval
    ///
    /// The gaps are independent and have an exponential distribution. --seed repeats them.
    #[arg(long, conflicts_with_all = ["flood", "ramp", "on_off", "replay"], hide_short_help = true, help_heading = PACE)]
    pub poisson: bool,

    /// Send at a rate that changes linearly over --duration: 1kpps..100kpps
    ///
    /// Replaces --rate. Both rates are shared by all targets. The first may be the higher one.
    #[arg(long, value_name = "FROM..TO", value_parser = ramp, requires = "duration", conflicts_with_all = ["rate", "interval", "flood", "replay"], allow_hyphen_values = true, hide_short_help = true, help_heading = PACE)]
    pub ramp: Option<(Rate, Rate)>,

    /// Send for ON, then pause for OFF, and repeat: 100ms,900ms
    ///
    /// --rate and --interval apply while it is on. The mean rate is lower: with 100ms,900ms a tenth.
    #[arg(long, value_name = "ON,OFF", value_parser = on_off, conflicts_with_all = ["flood", "ramp", "replay"], allow_hyphen_values = true, hide_short_help = true, help_heading = PACE)]
    pub on_off: Option<(Duration, Duration)>,

    /// Send with faults: loss=1%,duplicate=0.1%,delay=20ms (see docs/impairments.md)
    ///
    /// Keys: loss, burst or gilbert, duplicate, corrupt, reorder, distance, delay, jitter, seed. The
    /// summary states the faults and the counters of a correct receiver. Root is not needed.
    #[arg(long, value_name = "LIST", value_parser = impair::impair, conflicts_with_all = ["keep_ttl", "keep_dscp"], hide_short_help = true, help_heading = PACE)]
    pub impair: Option<ImpairArg>,

    /// Set the seed of random choices, to repeat a run [default: random, shown at the start]
    #[arg(long, value_name = "N", value_parser = values::seed, requires = "random", allow_hyphen_values = true, hide_short_help = true, help_heading = PACE)]
    pub seed: Option<u64>,
}

/// Reads two rates with the same unit: `1kpps..100kpps`.
///
/// # Errors
/// The reason and a correct value.
fn ramp(text: &str) -> Result<(Rate, Rate), String> {
    let Some((from, to)) = text.split_once("..") else {
        return Err("not two rates; for example 1kpps..100kpps".to_owned());
    };
    let [from, to] = [from, to].map(|rate: &str| {
        rate.parse::<Rate>().map_err(|why| format!("the rate '{}': {why}", rate.trim()))
    });
    match (from?, to?) {
        rates @ ((Rate::Packets(_), Rate::Packets(_)) | (Rate::Bits(_), Rate::Bits(_))) => {
            Ok(rates)
        }
        _ => Err("both rates need the same unit; for example 1kpps..100kpps".to_owned()),
    }
}

/// Reads two times: `100ms,900ms`.
///
/// # Errors
/// The reason and a correct value.
fn on_off(text: &str) -> Result<(Duration, Duration), String> {
    let Some((on, off)) = text.split_once(',') else {
        return Err("not two times; for example 100ms,900ms".to_owned());
    };
    let time =
        |text: &str| values::time(text).map_err(|why| format!("the time '{}': {why}", text.trim()));
    Ok((time(on)?, time(off)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_has_two_rates_of_one_unit() {
        assert_eq!(ramp("1kpps..100kpps"), Ok((Rate::Packets(1e3), Rate::Packets(1e5))));
        assert_eq!(ramp("20 Mbit .. 1Mbit"), Ok((Rate::Bits(2e7), Rate::Bits(1e6))));
        for (text, why) in [
            ("1kpps", "not two rates; for example 1kpps..100kpps"),
            ("1kpps-2kpps", "not two rates"),
            ("1kpps..2Mbit", "the same unit"),
            ("1..2kpps", "'1': a unit is missing; try 1pps"),
            ("0pps..2kpps", "'0pps': must be greater than zero"),
            ("..", "'': not a rate"),
        ] {
            assert!(ramp(text).unwrap_err().contains(why), "{text}: {:?}", ramp(text));
        }
    }

    #[test]
    fn on_off_has_two_times() {
        let millis = Duration::from_millis;
        assert_eq!(on_off("100ms,900ms"), Ok((millis(100), millis(900))));
        assert_eq!(on_off("1s, 500ms"), Ok((millis(1000), millis(500))));
        for (text, why) in [
            ("100ms", "not two times; for example 100ms,900ms"),
            ("100,900", "'100': a unit is missing"),
            ("0s,1s", "'0s': must be greater than zero"),
            ("1s,2s,3s", "'2s,3s': not a time"),
        ] {
            assert!(on_off(text).unwrap_err().contains(why), "{text}: {:?}", on_off(text));
        }
    }
}
