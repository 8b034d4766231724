//! The options that show a run to more than a reader of text: files, metrics, a full-screen view.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::help::OUTPUT;
use crate::report::observe::{MetricsPlace, Observation};

/// The files of every command that has a verdict.
#[derive(Clone, Debug, Default, Args)]
pub struct ResultFileArgs {
    /// Save the results to FILE, an HTML page with tables and plots
    ///
    /// The page is one file without scripts. It contains the command line, the verdict, and the
    /// summary as JSON.
    #[arg(long, value_name = "FILE", value_parser = result_file, value_hint = ValueHint::FilePath, hide_short_help = true, help_heading = OUTPUT)]
    pub report: Option<PathBuf>,

    /// Save the verdict and each assertion to FILE, as test cases of JUnit
    #[arg(long, value_name = "FILE", value_parser = result_file, value_hint = ValueHint::FilePath, hide_short_help = true, help_heading = OUTPUT)]
    pub junit: Option<PathBuf>,
}

/// The table of the intervals.
#[derive(Clone, Debug, Default, Args)]
pub struct CsvArgs {
    /// Save the statistics of each interval to FILE, as a table with comma-separated values
    ///
    /// An interval is 1s, or the TIME of --stats.
    #[arg(long, value_name = "FILE", value_parser = result_file, value_hint = ValueHint::FilePath, hide_short_help = true, help_heading = OUTPUT)]
    pub csv: Option<PathBuf>,
}

/// The metrics.
#[derive(Clone, Debug, Default, Args)]
pub struct MetricsArgs {
    /// Serve metrics for Prometheus at ADDR:PORT, or keep them in FILE.prom
    ///
    /// :9464 is the port 9464 of 127.0.0.1. FILE.prom is for the textfile collector of
    /// node_exporter. mcast replaces it at once, and removes it at the end.
    #[arg(long, value_name = "ADDR:PORT|FILE", value_parser = metrics_place, hide_short_help = true, help_heading = OUTPUT)]
    pub metrics: Option<MetricsPlace>,
}

/// The full-screen view.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct LiveArgs {
    /// Show a full-screen view of the run; q ends the run, ? shows the keys
    ///
    /// The view is on standard output if that is a terminal, else on standard error. On a terminal
    /// without cursor control or smaller than 40 x 10, text follows with the reason.
    #[arg(long, hide_short_help = true, help_heading = OUTPUT)]
    pub live: bool,
}

/// All options about observers.
#[derive(Clone, Debug, Default, Args)]
pub struct ObserverArgs {
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    files: ResultFileArgs,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    metrics: MetricsArgs,
}

impl ResultFileArgs {
    /// The observers that these options ask for.
    pub fn observation(&self) -> Observation {
        Observation {
            report: self.report.clone(),
            junit: self.junit.clone(),
            ..Observation::default()
        }
    }
}

impl ObserverArgs {
    /// The observers that the options ask for.
    pub fn observation(&self) -> Observation {
        Observation {
            live: self.live.live,
            csv: self.csv.csv.clone(),
            metrics: self.metrics.metrics.clone(),
            ..self.files.observation()
        }
    }
}

/// Parses the name of a file of results. Standard output is the place of lines and JSON.
fn result_file(text: &str) -> Result<PathBuf, String> {
    match text {
        "" | "-" => Err("the results need a file with a name, for example results.out".to_owned()),
        name => Ok(name.into()),
    }
}

/// Parses `127.0.0.1:9464`, `[::1]:9464`, `:9464` or `mcast.prom`.
fn metrics_place(text: &str) -> Result<MetricsPlace, String> {
    const EXAMPLES: &str = "use ADDR:PORT, :PORT or a file that ends in .prom, for example \
                            127.0.0.1:9464, :9464 or mcast.prom";
    if Path::new(text).extension().is_some_and(|extension| extension == "prom") {
        return Ok(MetricsPlace::File(text.into()));
    }
    let port = text.strip_prefix(':').unwrap_or(text);
    let address = match port.parse::<u16>() {
        Ok(port) => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
        Err(_) => text.parse().map_err(|_| EXAMPLES.to_owned())?,
    };
    if address.port() == 0 {
        return Err(
            "port 0 is no fixed port: Prometheus cannot find it, for example use :9464".to_owned()
        );
    }
    Ok(MetricsPlace::Endpoint(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_loopback() {
        for text in [":9464", "9464", "127.0.0.1:9464"] {
            let address = "127.0.0.1:9464".parse().unwrap();
            assert_eq!(metrics_place(text), Ok(MetricsPlace::Endpoint(address)), "{text}");
        }
        assert_eq!(
            metrics_place("[::]:9464"),
            Ok(MetricsPlace::Endpoint("[::]:9464".parse().unwrap()))
        );
    }

    #[test]
    fn results_need_a_file() {
        assert_eq!(result_file("run.html"), Ok("run.html".into()));
        assert!(["", "-"].into_iter().all(|text| result_file(text).is_err()));
    }

    #[test]
    fn a_file_ends_in_prom() {
        let file = MetricsPlace::File("/var/lib/node/mcast.prom".into());
        assert_eq!(metrics_place("/var/lib/node/mcast.prom"), Ok(file));
        for text in ["mcast.txt", "", ":", "localhost:9464", "1.2.3.4", ":0", "70000"] {
            assert!(metrics_place(text).is_err(), "{text}");
        }
    }
}
