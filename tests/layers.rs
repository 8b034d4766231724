//! The code follows the layers of `docs/architecture.md`: imports run down the list and never up,
//! files do not import each other in a circle, and a facade contains no code.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The folders of `src`, from the top down. A folder imports from those below it.
const LAYERS: [&str; 23] = [
    "commands",
    "plan",
    "cli",
    "report",
    "event",
    "diagnosis",
    "notice",
    "verdict",
    "assertion",
    "impair",
    "replies",
    "stats",
    "census",
    "playout",
    "format",
    "capture",
    "input",
    "net",
    "host",
    "sys",
    "target",
    "iface",
    "units",
];

/// A source file: its module path, and its lines of code outside of tests.
struct Source {
    file: String,
    module: Vec<String>,
    lines: Vec<String>,
}

/// An import: the line that it begins on, and the path from the root of the crate.
struct Import {
    line: usize,
    path: Vec<String>,
    exported: bool,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name == "messages" {
                // These are tests: they import from every layer.
            } else if path.is_dir() {
                walk(&path, found);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let below = path.strip_prefix(root()).unwrap().with_extension("");
                let mut module: Vec<String> =
                    below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
                if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
                    module.pop();
                }
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
                let lines = code.lines().map(str::to_owned).collect();
                found.push(Source { file: format!("src/{}", below.display()), module, lines });
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

impl Source {
    /// Its `use` declarations, one import for each name, and the paths that begin with `crate::`.
    fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        let mut lines = self.lines.iter().enumerate();
        while let Some((index, line)) = lines.next() {
            let text = line.trim_start();
            let exported = text.starts_with("pub");
            let words = text.split_once("use ").filter(|(before, _)| {
                before.is_empty() || (exported && !before.contains(' ')) || *before == "pub "
            });
            if let Some((_, rest)) = words {
                let mut rest = rest.to_owned();
                while !rest.contains(';') {
                    rest += lines.next().map_or(";", |(_, line)| line.trim());
                }
                let tree = rest.split(';').next().unwrap_or_default();
                let paths = expand(tree).into_iter().map(|path| self.absolute(&path));
                imports.extend(paths.flatten().map(|path| Import {
                    line: index + 1,
                    path,
                    exported,
                }));
            } else if !text.starts_with("//") {
                for part in text.split("crate::").skip(1) {
                    let end = part.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
                    let path = part[..end.unwrap_or(part.len())].split("::").map(str::to_owned);
                    imports.push(Import { line: index + 1, path: path.collect(), exported: false });
                }
            }
        }
        imports
    }

    /// A path of this file from the root of the crate; `None` for one that leads to other crates.
    fn absolute(&self, path: &str) -> Option<Vec<String>> {
        let mut parts: Vec<&str> = path.split("::").filter(|part| *part != "self").collect();
        let mut base = self.module.clone();
        match parts.first() {
            Some(&"crate") => base.clear(),
            Some(&"super") => {
                base.pop();
            }
            _ => {
                return Some(
                    [base, parts.iter().map(|part| (*part).to_owned()).collect()].concat(),
                );
            }
        }
        parts.remove(0);
        while parts.first() == Some(&"super") {
            base.pop();
            parts.remove(0);
        }
        Some([base, parts.into_iter().map(str::to_owned).collect()].concat())
    }
}

/// The paths of a tree of imports: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, inside)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().to_owned()];
    };
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    let (mut depth, mut start, mut branches) = (0, 0, Vec::new());
    for (index, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(&inside[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    branches.push(&inside[start..]);
    let branches = branches.into_iter().filter(|branch| !branch.trim().is_empty());
    branches.flat_map(expand).map(|branch| format!("{before}{branch}")).collect()
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|known| *known == layer)
}

#[test]
fn imports_run_down_the_layers() {
    let mut upward = Vec::new();
    for source in sources().iter().filter(|source| !source.module.is_empty()) {
        let own = rank(&source.module[0])
            .unwrap_or_else(|| panic!("{} belongs to no layer", source.module[0]));
        for import in source.imports() {
            let Some(other) = import.path.first().and_then(|layer| rank(layer)) else { continue };
            if other < own {
                let path = import.path.join("::");
                upward.push(format!("{}.rs:{}: {path}", source.file, import.line));
            }
        }
    }
    assert!(upward.is_empty(), "imports that run up:\n{}", upward.join("\n"));
}

#[test]
fn imports_have_no_circles() {
    let sources = sources();
    let files: BTreeMap<String, &str> = sources
        .iter()
        .filter(|source| !source.module.is_empty())
        .map(|source| (source.module.join("::"), source.file.as_str()))
        .collect();
    let mut facades = BTreeMap::new();
    for source in sources.iter().filter(|source| source.file.ends_with("/mod")) {
        for import in source.imports().into_iter().filter(|import| import.exported) {
            let name = import.path.last().cloned().unwrap_or_default();
            let from = source.module.iter().chain([&name]).cloned().collect::<Vec<_>>().join("::");
            facades.insert(from, import.path.join("::"));
        }
    }
    // The file that defines a path, behind the facades that export it.
    let definition = |path: &[String]| {
        let mut path = path.join("::");
        while let Some(behind) = facades.get(&path).filter(|behind| **behind != path) {
            path.clone_from(behind);
        }
        let parts: Vec<&str> = path.split("::").collect();
        (1..=parts.len()).rev().find_map(|len| files.get(&parts[..len].join("::")).copied())
    };
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.module.is_empty()) {
        let used = source.imports().into_iter().filter(|import| !import.exported);
        let used = used.filter_map(|import| definition(&import.path));
        arrows.insert(&source.file, used.filter(|file| *file != source.file).collect());
    }
    // A file that imports nothing that is left, or that nothing left imports, is in no circle.
    let is_free = |arrows: &BTreeMap<&str, BTreeSet<&str>>, file: &str| {
        let imports = arrows[file].iter().any(|used| arrows.contains_key(used));
        !imports || !arrows.values().any(|used| used.contains(file))
    };
    while let Some(free) = arrows.keys().copied().find(|file| is_free(&arrows, file)) {
        arrows.remove(free);
    }
    let left: Vec<String> = arrows
        .iter()
        .map(|(file, used)| {
            let used = used.iter().copied().filter(|file| arrows.contains_key(file));
            format!("{file}.rs imports {}", used.collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert!(left.is_empty(), "files that import each other in a circle:\n{}", left.join("\n"));
}

#[test]
fn facades_hold_no_code() {
    let code =
        ["fn ", "struct ", "enum ", "trait ", "impl ", "impl<", "const ", "static ", "type "];
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.file.ends_with("/mod")) {
        for (index, line) in source.lines.iter().enumerate() {
            let line = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            if code.iter().any(|word| line.starts_with(word)) {
                found.push(format!("{}.rs:{}: {line}", source.file, index + 1));
            }
        }
    }
    assert!(found.is_empty(), "code in facades:\n{}", found.join("\n"));
}
