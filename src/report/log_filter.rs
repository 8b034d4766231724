//! Which records of the log are shown.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// The filter for `-v` given `verbose` times; without it, the one that `RUST_LOG` holds: `debug`,
/// or `mcast::net=trace,warn`. Without both, warnings.
///
/// # Errors
/// `RUST_LOG` holds no filter.
pub fn log_filter(verbose: u8, rust_log: Option<&str>) -> Result<Targets, String> {
    let from_level = |level| Targets::new().with_default(level);
    match (verbose, rust_log) {
        (0, Some(text)) if !text.is_empty() => text.parse().map_err(|error| {
            format!("mcast ignores RUST_LOG={text}: {error}\n  tip: set a level, for example RUST_LOG=debug")
        }),
        (0, _) => Ok(from_level(LevelFilter::WARN)),
        (1, _) => Ok(from_level(LevelFilter::DEBUG)),
        (..) => Ok(from_level(LevelFilter::TRACE)),
    }
}
