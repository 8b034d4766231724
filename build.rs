//! Finds the commit and the target that `mcast --version` prints.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=build.rs");
    let commit = if folder.join(".git").exists() { of_git(&folder) } else { of_package(&folder) };
    let commit = commit.map(|commit| format!(" ({commit})")).unwrap_or_default();
    println!("cargo::rustc-env=MCAST_COMMIT={commit}");
    let target = env::var("TARGET").expect("cargo sets it");
    println!("cargo::rustc-env=MCAST_TARGET={target}");
}

/// The commit that is checked out, and its date. `None` without git, or if git refuses a folder of
/// another user.
fn of_git(folder: &Path) -> Option<String> {
    // A commit appends to logs/HEAD, also if the file of the branch is missing because packed-refs
    // holds it. In a worktree these files are in different folders.
    let branch = git(folder, &["symbolic-ref", "-q", "HEAD"]);
    for name in ["HEAD", "logs/HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        let path = git(folder, &["rev-parse", "--git-path", name]).map(|path| folder.join(path));
        if let Some(path) = path.filter(|path| path.is_file()) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    git(
        folder,
        &["show", "-s", "--no-show-signature", "--abbrev=7", "--format=%h %cd", "--date=short"],
    )
}

/// The commit of a package from a registry, which has no date. `None` if it had other changes.
fn of_package(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join(".cargo_vcs_info.json")).ok()?;
    let hash = text.split("\"sha1\": \"").nth(1)?.get(..7)?;
    (!text.contains("\"dirty\": true")).then(|| hash.to_owned())
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
