//! The ids of findings and warnings.

use std::collections::BTreeSet;

use mcast::notice::Id;

use super::page::Page;

/// Code in kebab case that is no id.
const OTHERS: [&str; 4] =
    ["bridge-nf-call-iptables", "enable-reflector", "quinn-udp", "user-mode-linux"];

/// The ids in the first column of all tables of the documentation with this header.
fn documented(header: &str) -> Vec<String> {
    let pages = Page::all();
    pages.iter().flat_map(|page| page.tables_of(header)).flat_map(|table| table.keys()).collect()
}

fn is_documented_once(ids: &[Id], header: &str) {
    let keys = documented(header);
    for id in ids {
        let count = keys.iter().filter(|key| *key == id.as_str()).count();
        assert_eq!(count, 1, "the tables of '{header}' have {id} {count} times");
    }
    let known: BTreeSet<&str> = ids.iter().map(|id| id.as_str()).collect();
    for key in &keys {
        assert!(known.contains(key.as_str()), "{key} in the tables of '{header}' is no such id");
    }
}

#[test]
fn every_finding_is_documented_once() {
    is_documented_once(Id::FINDINGS, "finding");
}

#[test]
fn every_warning_is_documented_once() {
    is_documented_once(Id::WARNINGS, "id");
}

/// Checks code spans outside these tables, for example `no-querier`.
#[test]
fn every_code_in_kebab_case_is_an_id() {
    let known: BTreeSet<&str> = Id::ALL.iter().map(|id| id.as_str()).collect();
    for page in Page::all() {
        for span in page.spans() {
            let looks_like_an_id = span.contains('-')
                && span.split('-').all(|word| {
                    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
                });
            assert!(
                !looks_like_an_id
                    || known.contains(span.as_str())
                    || OTHERS.contains(&span.as_str()),
                "{} shows {span}, which is no id",
                page.name
            );
        }
    }
}
