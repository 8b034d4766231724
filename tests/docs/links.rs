//! Links to other pages, to files and to headings.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::page::{Page, root};

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Page) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = page.prose().into_iter().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect::<String>()
    };
    headings
        .map(|heading| {
            let anchor = anchor(heading);
            let count = seen.entry(anchor.clone()).and_modify(|count| *count += 1).or_default();
            if *count == 0 { anchor } else { format!("{anchor}-{count}") }
        })
        .collect()
}

/// The prose of a page without its code spans.
fn without_code(page: &Page) -> String {
    let prose = page.prose().join("\n");
    prose.split('`').step_by(2).collect::<Vec<_>>().join("code")
}

/// The texts between two marks.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| Some(rest.split_once(close)?.0)).collect()
}

/// The definitions of reference links: `[name]: target`.
fn definitions(text: &str) -> BTreeMap<String, String> {
    let definition = |line: &str| {
        let (name, target) = line.strip_prefix('[')?.split_once("]: ")?;
        Some((name.to_lowercase(), target.trim().to_owned()))
    };
    text.lines().filter_map(definition).collect()
}

fn targets(page: &Page) -> Vec<String> {
    let text = without_code(page);
    let mut targets: Vec<String> =
        between(&text, "](", ")").into_iter().map(str::to_owned).collect();
    targets.extend(definitions(&text).into_values());
    for attribute in ["src=\"", "srcset=\"", "href=\""] {
        targets.extend(between(&text, attribute, "\"").into_iter().map(str::to_owned));
    }
    targets
}

/// `docs/recipes/../ci.md` is `docs/ci.md`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(normal.pop(), "{} leaves the root", path.display()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    for page in Page::all() {
        for target in targets(&page) {
            count += 1;
            if target.starts_with("https://") || target.starts_with("http://") {
                assert!(!target.contains(' '), "{}: {target}", page.name);
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let name = if file.is_empty() {
                page.name.clone()
            } else {
                normal(&page.folder().join(file)).to_string_lossy().replace('\\', "/")
            };
            assert!(root().join(&name).exists(), "{} links to {target}: no {name}", page.name);
            let found = || anchors(&Page::read(&name)).contains(&anchor.to_owned());
            assert!(anchor.is_empty() || found(), "{} links to {target}: no heading", page.name);
        }
    }
    assert!(count > 50, "only {count} links were found");
}

#[test]
fn every_reference_is_defined_and_used() {
    for page in Page::all() {
        let text = without_code(&page);
        let definitions = definitions(&text);
        let flat = text.replace('\n', " ").to_lowercase();
        for name in definitions.keys() {
            // The definition itself is one.
            let used = flat.matches(&format!("[{name}]")).count() > 1;
            assert!(used, "{} defines [{name}] and does not use it", page.name);
        }
        for reference in between(&flat, "[", "]") {
            let is_inline = flat.contains(&format!("[{reference}]("));
            assert!(
                is_inline || definitions.contains_key(reference),
                "{} does not define [{reference}]",
                page.name
            );
        }
    }
}

/// A reader finds every page from the index.
#[test]
fn the_index_links_every_page() {
    let index = Page::read("docs/README.md");
    let linked: Vec<String> = targets(&index)
        .iter()
        .map(|target| normal(&index.folder().join(target.split('#').next().unwrap_or_default())))
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .collect();
    for page in Page::of_docs().iter().filter(|page| page.name != index.name) {
        assert!(linked.contains(&page.name), "docs/README.md does not link {}", page.name);
    }
}
