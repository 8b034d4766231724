//! The options of `mcast send --replay`.

use std::time::Duration;

use clap::Args;

use super::habit::with_port;
use super::help::{PAYLOAD, REPLAY};
use super::values;
use crate::input::Place;
use crate::target::{TargetError, TargetRange};
use crate::units::Speed;

/// The options that exclude `--replay`: clap drops a requirement that another option excludes.
const OTHER_PAYLOADS: [&str; 5] = ["file", "lines", "message", "hex", "probe"];

/// The options of `mcast send --replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Send the datagrams of a capture; - is standard input
    ///
    /// FILE is pcap or pcapng. The datagrams leave at the pace of the capture. Each goes to its own
    /// group and port, or to every TARGET that the command line names. mcast leaves out unicast
    /// datagrams unless --only names them. The source address is that of this host.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["message", "probe", "interval", "rate", "flood", "burst"], group = "repeatable", help_heading = PAYLOAD)]
    pub replay: Option<Place>,

    /// Send at X times the pace of the capture: 0.5, 2, or max [default: 1]
    #[arg(long, value_name = "X", default_value = "1", hide_default_value = true, requires = "replay", conflicts_with_all = OTHER_PAYLOADS, allow_hyphen_values = true, hide_short_help = true, help_heading = REPLAY)]
    pub speed: Speed,

    /// Send FILE N times, or without end if N is missing [default: 1]
    ///
    /// The next pass of a capture follows the last datagram by the mean gap of the capture. In a
    /// transport stream, clocks (PCR, PTS, DTS) and continuity counters continue.
    #[arg(long = "loop", value_name = "N", num_args = 0..=1, default_missing_value = "endless", value_parser = passes, requires = "repeatable", conflicts_with_all = ["lines", "message", "hex", "probe"], hide_short_help = true, help_heading = REPLAY)]
    pub passes: Option<u64>,

    /// Set the longest gap, or none: longer ones are shortened [unit: us, ms, s, m, h] [default: 10s]
    #[arg(long, value_name = "TIME", default_value = "10s", hide_default_value = true, value_parser = gap_limit, requires = "replay", conflicts_with_all = OTHER_PAYLOADS, allow_hyphen_values = true, hide_short_help = true, help_heading = REPLAY)]
    pub max_gap: GapLimit,

    /// Send only datagrams to this group or address: 239.1.1.1, 239.1.1.1:5000
    ///
    /// Repeatable. Takes the forms of TARGET, and a source: 10.0.0.5@232.1.1.1. Without a port,
    /// every port matches. A unicast address also chooses unicast datagrams.
    #[arg(long, value_name = "TARGET", value_parser = flow, requires = "replay", conflicts_with_all = OTHER_PAYLOADS, hide_short_help = true, help_heading = REPLAY)]
    pub only: Vec<Flow>,

    /// Send only datagrams that this interface captured
    ///
    /// Repeatable. NAME can be the number of the interface, from 0: pcap names no interfaces.
    #[arg(long, value_name = "NAME", requires = "replay", conflicts_with_all = OTHER_PAYLOADS, hide_short_help = true, help_heading = REPLAY)]
    pub capture_iface: Vec<String>,

    /// Send one of several equal datagrams that the capture holds within 100 ms
    ///
    /// A capture on several interfaces, or on 'any', can hold each datagram more than once.
    #[arg(long, requires = "replay", conflicts_with_all = OTHER_PAYLOADS, hide_short_help = true, help_heading = REPLAY)]
    pub drop_copies: bool,

    /// Send each datagram with the TTL or hop limit of the capture
    #[arg(long, requires = "replay", conflicts_with_all = OTHER_PAYLOADS, conflicts_with = "ttl", hide_short_help = true, help_heading = REPLAY)]
    pub keep_ttl: bool,

    /// Send each datagram with the DSCP of the capture
    #[arg(long, requires = "replay", conflicts_with_all = OTHER_PAYLOADS, conflicts_with = "dscp", hide_short_help = true, help_heading = REPLAY)]
    pub keep_dscp: bool,

    /// The user named a TARGET: the default of TARGET does not apply to a replay.
    #[arg(skip)]
    pub to_targets: bool,
}

/// The longest gap of a replay; `None` keeps every gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GapLimit(pub Option<Duration>);

/// The flows of a capture that `--only` chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The groups or addresses, the ports, and the source.
    pub range: TargetRange,
    /// The user named no port: every port matches.
    pub any_port: bool,
}

fn flow(text: &str) -> Result<Flow, String> {
    let range: TargetRange = text.parse().map_err(|error: TargetError| error.to_string())?;
    Ok(Flow { range, any_port: with_port(text, "5000").is_some() })
}

fn gap_limit(text: &str) -> Result<GapLimit, String> {
    if text.trim() == "none" {
        return Ok(GapLimit(None));
    }
    let error = |error: String| format!("{error}, or none for no limit");
    values::time(text).map(|gap| GapLimit(Some(gap))).map_err(error)
}

fn passes(text: &str) -> Result<u64, String> {
    const HELP: &str = "must be a number of passes greater than zero, for example --loop 3";
    match text.trim() {
        "endless" => Ok(u64::MAX),
        number => number
            .parse()
            .ok()
            .filter(|passes| *passes != 0)
            .ok_or_else(|| format!("{HELP}; to repeat without end, put --loop behind TARGET")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_without_a_port_has_every_port() {
        for (text, any_port) in [
            ("239.1.1.1", true),
            ("239.1.1.1:5000", false),
            ("10.0.0.5@232.1.1.1", true),
            ("[ff15::1]:5000-5003", false),
            ("ff15::1", true),
            ("239.0.0.0/24", true),
            ("10.0.0.5:2368", false),
        ] {
            assert_eq!(flow(text).unwrap().any_port, any_port, "{text}");
        }
        assert!(flow("239.1.1:5000").is_err());
    }

    #[test]
    fn a_gap_limit_is_a_time_or_none() {
        assert_eq!(gap_limit("none"), Ok(GapLimit(None)));
        assert_eq!(gap_limit("1.5s"), Ok(GapLimit(Some(Duration::from_millis(1500)))));
        for text in ["", "10", "0s", "never"] {
            assert!(gap_limit(text).unwrap_err().contains("none"), "{text}");
        }
    }

    #[test]
    fn passes_are_counted_or_endless() {
        assert_eq!([passes("3"), passes("endless")], [Ok(3), Ok(u64::MAX)]);
        assert!(passes("0").is_err());
        assert!(passes("239.1.1.1:5000").unwrap_err().contains("behind TARGET"));
    }
}
