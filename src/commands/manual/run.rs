//! Prints or writes the pages.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use super::page::pages;
use crate::cli::ManArgs;
use crate::commands::document::{self, DocumentError};

/// Prints the page of the program, or writes all pages. Returns the exit status.
pub fn run(args: &ManArgs) -> ExitCode {
    match &args.dir {
        None => document::print(pages()[0].roff.as_bytes()),
        Some(folder) => match write(folder) {
            Ok(files) => document::print(files.as_bytes()),
            Err(error) => document::fail(&error),
        },
    }
}

/// Writes all pages. Returns the list of files, one on each line.
fn write(folder: &Path) -> Result<String, DocumentError> {
    fs::create_dir_all(folder)
        .map_err(|source| DocumentError::CreateFolder { folder: folder.to_owned(), source })?;
    let mut files = String::new();
    for page in pages() {
        let file = folder.join(format!("{}.1", page.name));
        fs::write(&file, page.roff)
            .map_err(|source| DocumentError::WriteFile { file: file.clone(), source })?;
        files += &format!("{}\n", file.display());
    }
    Ok(files)
}
