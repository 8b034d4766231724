//! The dashboard of Grafana.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::files::{has, output, read};

fn dashboard() -> Value {
    serde_json::from_str(&read("deploy/grafana/mcast.json")).expect("JSON")
}

/// Every query of the panels.
fn expressions() -> Vec<String> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().expect("a query").to_owned()).collect()
}

/// The names of metrics in a text.
fn metrics(text: &str) -> BTreeSet<String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_name(letter)).filter(|word| word.starts_with("mcast_"));
    words.map(str::to_owned).collect()
}

#[test]
fn the_dashboard_shows_metrics_that_mcast_has() {
    let known = metrics(&read("docs/metrics.md"));
    let shown = metrics(&read("deploy/grafana/mcast.json"));
    assert!(shown.len() > 20, "{shown:?}");
    let unknown: Vec<_> = shown.difference(&known).collect();
    assert!(unknown.is_empty(), "not in docs/metrics.md: {unknown:?}");
}

#[test]
fn prometheus_parses_each_query() {
    if !has("promtool", "prometheus") {
        return;
    }
    let values =
        [("$__rate_interval", "5m"), ("$top", "20"), ("$host", ".*"), ("$group", "239.1.1.1|.*")];
    let rule = |(number, query): (usize, String)| {
        let replace = |query: String, (name, value): &(&str, &str)| query.replace(name, value);
        let query = values.iter().fold(query, replace);
        assert!(!query.contains('$'), "{query}");
        json!({ "record": format!("query:{number}"), "expr": query })
    };
    let rules: Vec<Value> = expressions().into_iter().enumerate().map(rule).collect();
    // YAML contains JSON.
    let rules = json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard.rules.yml");
    fs::write(&file, rules.to_string()).unwrap();
    let printed = output(Command::new("promtool").args(["check", "rules"]).arg(file));
    assert!(printed.contains(&format!("{} rules found", expressions().len())), "{printed}");
}

#[test]
fn panels_do_not_overlap_and_fit_the_width() {
    let dashboard = dashboard();
    let place = |panel: &Value| ["x", "y", "w", "h"].map(|name| panel["gridPos"][name].as_u64());
    let places: Vec<[u64; 4]> = dashboard["panels"]
        .as_array()
        .expect("panels")
        .iter()
        .map(|panel| place(panel).map(|number| number.expect("a number")))
        .collect();
    for (at, [x, y, w, h]) in places.iter().enumerate() {
        assert!(x + w <= 24);
        let overlaps =
            |[a, b, c, d]: &[u64; 4]| a < &(x + w) && x < &(a + c) && b < &(y + h) && y < &(b + d);
        assert!(!places[..at].iter().any(overlaps), "panel {at}");
    }
}

/// A folder of a user's Grafana has another data source, and other hosts.
#[test]
fn data_source_host_and_group_are_variables() {
    let dashboard = dashboard();
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let names: Vec<_> = variables.iter().map(|variable| variable["name"].as_str()).collect();
    assert_eq!(names, [Some("datasource"), Some("host"), Some("group"), Some("top")]);
    for query in expressions() {
        assert!(query.contains("instance=~\"$host\""), "{query}");
    }
    let text = dashboard.to_string();
    assert_eq!(text.matches("\"uid\":").count(), 1 + text.matches("${datasource}").count());
}
