//! The plan of a recording.

use std::path::{Path, PathBuf};

use super::PlanError;
use crate::cli::RecvArgs;
use crate::input::Place;
use crate::report::Output;
use crate::units::FileLimit;

/// The plan of a recording.
#[derive(Clone, Debug)]
pub struct Recording {
    pub place: Place,
    /// When to start a new file.
    pub limit: Option<FileLimit>,
    /// The most files to keep.
    pub keep: Option<usize>,
    /// The command line, quoted for a shell.
    pub line: String,
    /// The file that this run reads, which must not be overwritten.
    pub input: Option<PathBuf>,
}

/// Why a path cannot take a recording.
#[derive(Debug, thiserror::Error)]
pub enum Unsuitable {
    /// It is the input of the run.
    #[error("this run reads the file")]
    Input,
    /// It is a terminal.
    #[error("a terminal, not a file")]
    Terminal,
}

impl Recording {
    /// Plans a recording, if one is requested.
    ///
    /// # Errors
    /// Standard output cannot take it.
    pub fn new(args: &RecvArgs, is_terminal: bool) -> Result<Option<Self>, PlanError> {
        let Some(place) = args.write.clone() else { return Ok(None) };
        if place == Place::Standard {
            if args.output == Output::Raw {
                return Err(PlanError::TwoOutputs);
            }
            if args.write_limit.is_some() {
                return Err(PlanError::LimitOfOutput);
            }
            if is_terminal {
                return Err(PlanError::RecordingToTerminal);
            }
        }
        Ok(Some(Recording {
            place,
            limit: args.write_limit,
            keep: args.write_keep,
            line: args.common.typed.line.clone(),
            input: args.read.as_ref().and_then(Place::path).map(Path::to_owned),
        }))
    }
}

/// Whether a recording replaces the lines about datagrams. A format for payloads was requested to
/// see them.
pub fn hides_datagrams(args: &RecvArgs) -> bool {
    args.write.is_some() && matches!(args.output, Output::Text | Output::Json)
}
