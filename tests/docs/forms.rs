//! The files that GitHub reads: the form of issues, and the folders with dependencies.

use std::collections::BTreeSet;
use std::fs;

use yaml_rust2::{Yaml, YamlLoader};

use super::page::root;

fn yaml(name: &str) -> Yaml {
    let text = fs::read_to_string(root().join(name)).expect(name);
    YamlLoader::load_from_str(&text).expect(name).remove(0)
}

fn text<'a>(yaml: &'a Yaml, field: &str) -> &'a str {
    yaml[field].as_str().unwrap_or_default()
}

/// GitHub refuses a form without these fields, or with two equal ids or labels.
#[test]
fn the_form_of_issues_has_its_shape() {
    let form = yaml(".github/ISSUE_TEMPLATE/bug.yml");
    assert!(!text(&form, "name").is_empty() && !text(&form, "description").is_empty());
    let (mut ids, mut labels) = (BTreeSet::new(), BTreeSet::new());
    let mut all = String::new();
    for element in form["body"].as_vec().expect("a list") {
        let attributes = &element["attributes"];
        all.push_str(text(attributes, "description"));
        all.push_str(text(attributes, "value"));
        match text(element, "type") {
            "markdown" => assert!(!text(attributes, "value").is_empty()),
            "input" | "textarea" => {
                let (id, label) = (text(element, "id"), text(attributes, "label"));
                assert!(!id.is_empty() && ids.insert(id), "the id '{id}'");
                assert!(!label.is_empty() && labels.insert(label), "the label '{label}'");
            }
            other => panic!("an element '{other}'"),
        }
    }
    assert!(ids.len() >= 4, "{ids:?}");
    assert!(all.contains("`mcast check 239.1.1.1:5000 --record facts.json`"), "{all}");
    // From /issues/new, `../blob/main` is the root of the repository.
    let links = all.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in links {
        let file = link.strip_prefix("../blob/main/").expect(link);
        assert!(root().join(file).exists(), "no {file}");
    }
}

#[test]
fn dependabot_updates_every_lock_file() {
    let updates = yaml(".github/dependabot.yml");
    let folders = |ecosystem: &str| {
        let updates = updates["updates"].as_vec().expect("a list");
        let update = updates.iter().find(|update| text(update, "package-ecosystem") == ecosystem);
        let folders = update.expect(ecosystem)["directories"].as_vec().expect("a list");
        folders.iter().map(|folder| folder.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let expected = ["/", "/fuzz", "/benches/limits"].map(str::to_owned);
    assert_eq!(folders("cargo"), BTreeSet::from(expected));
    for folder in folders("cargo") {
        let lock = root().join(folder.trim_start_matches('/')).join("Cargo.lock");
        assert!(lock.exists(), "{} is missing", lock.display());
    }
    assert!(folders("github-actions").contains("/deploy/github"));
    assert!(root().join("deploy/github/action.yml").exists());
}
