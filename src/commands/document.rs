//! Documents on standard output: help, the version, scripts, manual pages.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;

use crate::net::describe;
use crate::report::{ColorWhen, Notes, Paint};
use crate::units::printable::{Printable, name_of};
use crate::verdict::COULD_NOT_RUN;

/// A document that cannot be written.
#[derive(Debug, Error)]
pub enum DocumentError {
    #[error("cannot write the output: {}", describe(.0))]
    Print(#[source] io::Error),
    #[error(
        "cannot create the directory {}: {}\n  tip: choose a directory that you can write to",
        printable(folder),
        describe(source)
    )]
    CreateFolder { folder: PathBuf, source: io::Error },
    #[error(
        "cannot write {}: {}\n  tip: choose a directory that you can write to",
        printable(file),
        describe(source)
    )]
    WriteFile { file: PathBuf, source: io::Error },
}

fn printable(path: &std::path::Path) -> String {
    Printable(&name_of(path.as_os_str().as_encoded_bytes())).to_string()
}

/// Prints a document. Returns the exit status.
pub fn print(document: &[u8]) -> ExitCode {
    let mut stdout = io::stdout().lock();
    exit_status(stdout.write_all(document).and_then(|()| stdout.flush()))
}

/// The exit status of a printed document. A reader that closes its pipe has read enough.
pub fn exit_status(printed: io::Result<()>) -> ExitCode {
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => fail(&DocumentError::Print(error)),
    }
}

/// Reports an error. Returns the exit status.
pub fn fail(error: &DocumentError) -> ExitCode {
    let paint = Paint::new(ColorWhen::Auto, &io::stderr());
    let _ = Notes::default().write_all(format!("{} {error}\n", paint.bad("error:")).as_bytes());
    COULD_NOT_RUN.into()
}
