//! `mcast man`.

use std::path::PathBuf;

use clap::Args;

use super::help::Sections;

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast man",
    details: &[],
    examples: "  \
  Read the page of mcast without installing it (Linux):
    mcast man | man -l -
  Install all pages for one user:
    mcast man ~/.local/share/man/man1
  Install all pages for all users:
    sudo mcast man /usr/local/share/man/man1
  Read an installed page:
    man mcast-recv",
    exit_status: "  \
  0      success
  2      could not run: wrong usage, or a page that cannot be written",
    environment: &[],
};

/// The arguments of `mcast man`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct ManArgs {
    /// Write all pages to DIR and print their paths
    ///
    /// mcast creates DIR if it is missing, and replaces older pages.
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
