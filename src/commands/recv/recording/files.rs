//! The files of a recording: their names, and those to keep.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use tracing::debug;

use crate::input::Place;
use crate::plan::{Recording, Unsuitable};
use crate::sys;

/// The files of a recording. With a limit they are numbered.
pub struct Files {
    plan: Recording,
    number: u64,
    /// The files that exist, the oldest first, with their ids.
    kept: VecDeque<(PathBuf, Option<(u64, u64)>)>,
}

/// A file that was opened, and has its old content.
pub struct Opened {
    pub file: File,
    /// The path, unless it is standard output.
    pub path: Option<PathBuf>,
    /// It did not exist.
    pub is_new: bool,
}

impl Files {
    pub fn new(plan: &Recording) -> Self {
        Files { plan: plan.clone(), number: 0, kept: VecDeque::new() }
    }

    /// The number of files until now.
    pub fn count(&self) -> u64 {
        self.number
    }

    /// The paths of the files that exist, the oldest first.
    pub fn kept(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.kept.iter().map(|(path, _)| path.as_path())
    }

    /// Opens the next file, without truncating it.
    pub fn open_next(&mut self) -> io::Result<Opened> {
        self.number += 1;
        let Some(path) = self.path() else {
            return Ok(Opened { file: sys::standard_output()?, path: None, is_new: false });
        };
        if self.plan.input.as_deref().is_some_and(|input| is_same(input, &path)) {
            return Err(io::Error::other(Unsuitable::Input));
        }
        let (file, is_new) = sys::open_to_write(&path)?;
        if file.is_terminal() {
            return Err(io::Error::other(Unsuitable::Terminal));
        }
        let id = file.metadata().ok().and_then(|file| sys::file_id(&file));
        self.kept.push_back((path.clone(), id));
        Ok(Opened { file, path: Some(path), is_new })
    }

    /// Deletes the oldest files, except the last ones that are to be kept. A file that another
    /// program has put in the place of one of this run stays.
    pub fn delete_oldest(&mut self) {
        let Some(keep) = self.plan.keep else { return };
        while self.kept.len() > keep {
            let Some((path, id)) = self.kept.pop_front() else { return };
            let found = fs::symlink_metadata(&path).ok();
            if found.is_some_and(|found| sys::file_id(&found) == id) {
                if let Err(error) = fs::remove_file(&path) {
                    debug!(%error, path = %path.display(), "cannot delete an old recording");
                }
            }
        }
    }

    /// `out_00001.pcapng` of `out.pcapng`. Zeroes keep the files in their order. `None` for standard
    /// output.
    fn path(&self) -> Option<PathBuf> {
        let Place::Path(path) = &self.plan.place else { return None };
        if self.plan.limit.is_none() {
            return Some(path.clone());
        }
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(format!("_{:05}", self.number));
        if let Some(extension) = path.extension() {
            name.push(".");
            name.push(extension);
        }
        Some(path.with_file_name(name))
    }
}

/// Whether two paths lead to one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| path.metadata().ok().and_then(|file| sys::file_id(&file));
    match (id(one), id(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.canonicalize().ok().is_some_and(|one| other.canonicalize().ok() == Some(one)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::FileLimit;

    fn files(path: &str, limit: Option<FileLimit>) -> Files {
        let place = Place::from(PathBuf::from(path));
        let line = String::new();
        Files::new(&Recording { place, limit, keep: Some(1), line, input: None })
    }

    #[test]
    fn files_with_a_limit_are_numbered() {
        let limit = Some(FileLimit::Size(1));
        for (path, limit, number, name) in [
            ("a/out.pcapng", None, 1, "a/out.pcapng"),
            ("a/out.pcapng", limit, 1, "a/out_00001.pcapng"),
            ("out", limit, 12, "out_00012"),
            ("out.tar.gz", limit, 123_456, "out.tar_123456.gz"),
            (".hidden", limit, 2, ".hidden_00002"),
        ] {
            let mut files = files(path, limit);
            files.number = number;
            assert_eq!(files.path(), Some(PathBuf::from(name)));
        }
        assert_eq!(files("-", None).path(), None);
    }

    #[test]
    fn the_input_of_the_run_is_not_overwritten() {
        let folder = std::env::temp_dir().join(format!("mcast-input-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let (input, link) = (folder.join("in.pcapng"), folder.join("link"));
        fs::write(&input, "old").unwrap();
        fs::hard_link(&input, &link).unwrap();
        for path in [&input, &link] {
            let mut files = files(path.to_str().unwrap(), None);
            files.plan.input = Some(input.clone());
            let refused = files.open_next().err().unwrap();
            assert_eq!(refused.to_string(), "this run reads the file");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
