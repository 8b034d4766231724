//! Where an input comes from, or an output goes.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where an input comes from, or an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Standard input or standard output, written `-`.
    Standard,
    /// A file, a FIFO or a device.
    Path(PathBuf),
}

impl Place {
    /// The path; `None` for standard input and output.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Place::Standard => None,
            Place::Path(path) => Some(path),
        }
    }
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(PathBuf::from(text).into())
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Place::Standard } else { Place::Path(path) }
    }
}

impl From<OsString> for Place {
    fn from(path: OsString) -> Self {
        PathBuf::from(path).into()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Place::Standard => f.write_str("-"),
            Place::Path(path) => write!(f, "{}", path.display()),
        }
    }
}
