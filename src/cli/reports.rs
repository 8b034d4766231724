//! The options of `mcast send` about the reports of receivers.

use std::time::Duration;

use clap::Args;

use super::help::{LIMITS, PAYLOAD};
use super::values;
use crate::assertion::{Assertion, Vocabulary};

/// A receiver sends at most 20 answers a second to one address.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// The title of the metrics in the help.
pub const SECTION: (&str, &str) = (
    "Metrics of --assert",
    "  \
  EXAMPLE            METRICS
  'receivers >= 3'   receivers silent restarts
  'lost == 0'        received lost missed_before duplicates reordered
                     corrupt kernel_drops
  'loss <= 0.1%'     loss
  'delay.p99 < 5ms'  delay.p50|p99|max jitter
  Each is the value of the worst receiver, and 'received' the lowest.",
);

/// The reports of receivers.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Report what all receivers got, every TIME [unit: us, ms, s, m, h]
    ///
    /// Requires --probe. Receivers that run 'mcast recv --reply' report their counters, and once
    /// more at the end. The default of --size is then 144 bytes. See docs/reports.md.
    #[arg(long, value_name = "TIME", value_parser = interval, requires = "probe", allow_hyphen_values = true, hide_short_help = true, help_heading = PAYLOAD)]
    pub reports: Option<Duration>,

    /// Set the limit of reports a second from all receivers [default: 1000]
    ///
    /// If there are more receivers, each of them reports less often than --reports asks for.
    #[arg(long, value_name = "N", value_parser = values::count, default_value = "1000", hide_default_value = true, requires = "reports", allow_hyphen_values = true, hide_short_help = true, help_heading = LIMITS)]
    pub reply_budget: u64,

    /// Exit with 1 unless EXPR holds: 'loss == 0%'; repeatable
    ///
    /// Requires --reports. EXPR is a metric, a comparison and a value with its unit. Comparisons: ==
    /// != < <= > >=. The metrics are listed below.
    #[arg(long, value_name = "EXPR", value_parser = assertion, requires = "reports", hide_short_help = true, help_heading = LIMITS)]
    pub assert: Vec<Assertion>,
}

fn interval(text: &str) -> Result<Duration, String> {
    let time = values::time(text)?;
    if time < SHORTEST_INTERVAL {
        return Err("must be at least 100ms: a receiver sends at most 20 answers a second to one \
                    address; for example 1s"
            .to_owned());
    }
    Ok(time)
}

fn assertion(text: &str) -> Result<Assertion, String> {
    Assertion::read(text, Vocabulary::Reports)
}
