//! Samples of all texts, for `tests/messages.txt`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::catalogue::all;
use super::encoding::{Format, encode};
use super::http::{Response, Status};
use super::server::Pages;
use super::shared::{Health, Shared};
use super::snapshot::{Labels, Snapshot, Table, Value, labels};

/// A document with every metric.
pub fn document() -> String {
    let mut snapshot = Snapshot::default();
    for metrics in all() {
        let names = metrics[0].labels.split(',').filter(|name| !name.is_empty());
        let pairs: Labels = names.map(|name| (name, format!("a {name}"))).collect();
        let mut table = Table::new(metrics);
        table.add(pairs, &vec![Value::Count(1); metrics.len()]);
        snapshot.tables.push(table);
    }
    let text = encode(&Arc::new(snapshot), Format::Text);
    let kept = text.lines().filter(|line| !line.starts_with("# TYPE"));
    kept.map(|line| format!("{line}\n")).collect()
}

/// Every response but a document.
pub fn responses() -> String {
    let shared = Arc::new(Shared::default());
    let mut pages = Pages::new(Arc::clone(&shared));
    let start = Instant::now();
    let mut stalled = Health::default();
    stalled.set_ready();
    stalled.note_interval(start);
    let problem = stalled.problem(start + Duration::from_secs(14)).expect("a problem");
    let mut samples = vec![pages.at("/healthz"), pages.at("/"), pages.at("/metrics")];
    samples[2].body = "...\n".into();
    samples
        .push(Response { content_type: Format::OpenMetrics.content_type(), ..samples[2].clone() });
    samples.push(Response::text(Status::Unavailable, format!("{problem}\n")));
    let refused = [Status::BadRequest, Status::Method, Status::HeadTooLarge, Status::Version];
    samples.extend(refused.map(Response::refusal));
    samples.iter().map(|response| response.sample() + "\n").collect()
}

#[test]
fn foreign_text_stays_in_its_label() {
    let odd = "a\"b\\c\nd} 1\n# EOF\u{1b}\u{85}\u{fffd}";
    let mut snapshot = Snapshot::default();
    let mut table = Table::new(&super::catalogue::WARNINGS);
    table.add(labels([("id", Some(odd.to_owned()))]), &[Value::Count(1)]);
    snapshot.tables.push(table);
    for format in [Format::Text, Format::OpenMetrics] {
        let text = encode(&Arc::new(Snapshot { tables: Vec::new() }), format);
        assert!(text.is_empty() || text == "# EOF\n");
    }
    let snapshot = Arc::new(snapshot);
    for format in [Format::Text, Format::OpenMetrics] {
        let text = encode(&snapshot, format);
        let escaped = r#"{id="a\"b\\c\nd} 1\n# EOF"#;
        let line = text.lines().find(|line| line.contains("{id=")).expect("the series");
        assert!(line.contains(escaped) && line.ends_with("\"} 1"), "{line}");
    }
}
