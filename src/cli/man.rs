//! `mcast man`.

use std::path::PathBuf;

use clap::Args;

/// What `mcast man` takes.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_long_help = "\
Examples:
  mcast man | man -l -                   read mcast(1) without installing it (Linux)
  mcast man ~/.local/share/man/man1      install all pages for one user; then: man mcast-recv
  sudo mcast man /usr/local/share/man/man1
                                         install all pages for every user"
)]
pub struct ManArgs {
    /// Write all pages to DIR and print their paths; create DIR if it is missing
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
