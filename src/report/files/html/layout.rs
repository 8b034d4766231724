//! The frame of every page: the verdict first, then the results, then the run.

use std::time::{Duration, SystemTime};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::json::Embedded;
use super::model::{Model, Notices};
use super::numbers::{date, length, rfc3339};
use super::plot;
use super::table::{Column, table, text};
use crate::assertion::Judgement;
use crate::notice::{Level, Notice, Where};
use crate::sys;
use crate::units::order::sort_by_key;
use crate::units::printable::Printable;
use crate::units::words::count;
use crate::verdict::Verdict;

const STYLE: &str = include_str!("style.css");
const HEAD: &str = include_str!("head.html");

/// The content of a page that depends on the command.
#[derive(Default)]
pub struct Page {
    /// The verdict.
    pub verdict: Verdict,
    /// The result in a sentence.
    pub headline: Option<String>,
    /// The main values.
    pub tiles: Vec<Tile>,
    /// The assertions.
    pub assertions: Vec<Judgement>,
    /// The duration of the run.
    pub elapsed: Option<Duration>,
    /// The sections, the most important first.
    pub sections: Vec<Markup>,
}

/// A main value of a run.
pub struct Tile {
    /// Its name.
    pub name: &'static str,
    /// The value.
    pub value: String,
    /// More about it.
    pub note: Option<String>,
    /// The value is bad.
    pub is_bad: bool,
}

impl Page {
    /// A page with nothing but a verdict.
    pub fn new(verdict: &Verdict) -> Self {
        Page { verdict: verdict.clone(), ..Page::default() }
    }

    /// Adds a main value.
    pub fn tile(&mut self, name: &'static str, value: impl Into<String>, note: Option<String>) {
        self.tiles.push(Tile { name, value: value.into(), note, is_bad: false });
    }

    /// Adds a main value that is bad if `is_bad`.
    pub fn judged(
        &mut self,
        name: &'static str,
        value: impl Into<String>,
        note: Option<String>,
        is_bad: bool,
    ) {
        self.tiles.push(Tile { name, value: value.into(), note, is_bad });
    }
}

/// A section with its title.
pub fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            (content)
        }
    }
}

/// The word for an exit status, and its class.
fn word(status: u8) -> (&'static str, &'static str) {
    match status {
        0 => ("PASS", "pass"),
        1 => ("FAIL", "fail"),
        2 => ("ERROR", "fail"),
        _ => ("STOPPED", "stopped"),
    }
}

/// The whole page.
pub fn page(model: &Model, page: Page, text: &str, json: &Embedded) -> Markup {
    let (word, class) = word(page.verdict.status);
    let command = model.run.command;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (PreEscaped(HEAD))
                title { "mcast " (command) ": " (word) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.kind { "mcast " (command) " · " (date(model.started)) }
                    h1 {
                        span class={ "badge " (class) } { (word) }
                        @if let Some(headline) = &page.headline {
                            " " span.headline { (Printable(headline)) }
                        }
                    }
                    (reasons(&page))
                    pre.command tabindex="0" aria-label="command line" {
                        code { (Printable(&model.run.line)) }
                    }
                    (tiles(&page.tiles))
                }
                main {
                    (assertions(&page.assertions))
                    (findings(&model.findings))
                    @for section in &page.sections { (section) }
                    (warnings(model))
                    (run(model, &page, text, json))
                }
                footer { "mcast " (env!("CARGO_PKG_VERSION")) }
                (json.element())
            }
        }
    }
}

/// The reasons of the verdict. Those of assertions are in words.
fn reasons(page: &Page) -> Markup {
    let failed: Vec<&Judgement> =
        page.assertions.iter().filter(|judgement| !judgement.held).collect();
    let known: Vec<String> = failed.iter().map(|judgement| judgement.reason()).collect();
    let others = page.verdict.reasons.iter().filter(|reason| !known.contains(reason));
    // A headline may be the reason.
    let is_headline = |reason: &&String| {
        page.headline.as_ref().is_some_and(|line| line.contains(reason.as_str()))
    };
    let others: Vec<&String> = others.filter(|reason| !is_headline(reason)).collect();
    html! {
        @if !failed.is_empty() || !others.is_empty() {
            ul.reasons {
                @for judgement in failed {
                    li {
                        "Expected " (Printable(&judgement.expr)) ", measured "
                        (judgement.shown().as_deref().unwrap_or("nothing"))
                    }
                }
                @for reason in others { li { (Printable(reason)) } }
            }
        }
    }
}

fn tiles(tiles: &[Tile]) -> Markup {
    html! {
        @if !tiles.is_empty() {
            dl.tiles {
                @for tile in tiles {
                    div class=[tile.is_bad.then_some("bad")] {
                        dt { (tile.name) }
                        dd {
                            strong { (tile.value) }
                            @if let Some(note) = &tile.note { span { (note) } }
                        }
                    }
                }
            }
        }
    }
}

/// The columns of the assertions.
const ASSERTIONS: [Column<Judgement>; 4] = [
    text("Metric", |judgement| Some(split(&judgement.expr).0.to_owned())),
    text("Expected", |judgement| Some(split(&judgement.expr).1.to_owned())),
    text("Measured", |judgement| Some(judgement.shown().unwrap_or_else(|| "unknown".to_owned()))),
    text("Result", |judgement| Some(if judgement.held { "pass" } else { "FAIL" }.to_owned())),
];

/// `loss <= 1%` as its metric and its limit.
fn split(expression: &str) -> (&str, &str) {
    let at = expression.find(['<', '>', '=', '!']).unwrap_or(expression.len());
    (expression[..at].trim(), &expression[at..])
}

fn assertions(assertions: &[Judgement]) -> Markup {
    if assertions.is_empty() {
        return html! {};
    }
    let name = "Assertions";
    let assertions: Vec<&Judgement> = assertions.iter().collect();
    section("assertions", name, &table(name, &ASSERTIONS, &assertions, |judgement| !judgement.held))
}

/// Findings, those that need an action first. Those that found no problem are one line each.
fn findings(findings: &Notices) -> Markup {
    if findings.kept.is_empty() {
        return html! {};
    }
    let mut sorted: Vec<&Notice> = findings.kept.iter().map(|(_, finding)| finding).collect();
    // Stable: findings of one level keep their order, which is that of the path.
    sort_by_key(&mut sorted, |finding| std::cmp::Reverse(finding.level));
    let (others, passes): (Vec<_>, Vec<_>) =
        sorted.into_iter().partition(|finding| finding.level > Level::Pass);
    let content = html! {
        @for finding in &others { (self::finding(finding)) }
        @if !passes.is_empty() {
            ul.passes {
                @for Notice { id, what, why, .. } in &passes {
                    li {
                        span.level { "pass" } " " (Printable(what))
                        @if let Some(why) = why.as_ref().filter(|why| !why.is_empty()) {
                            span.evidence { "; " (Printable(why)) }
                        }
                        " " code.id { (id) }
                    }
                }
            }
        }
        (more(findings.more, "finding"))
    };
    section("findings", "Findings", &content)
}

fn more(more: u64, thing: &str) -> Markup {
    html! { @if more > 0 { p.note { (count(more, &format!("more {thing}"))) } } }
}

/// A finding with its evidence, its fix and its commands.
fn finding(finding: &Notice) -> Markup {
    let Notice { id, level, what, why, remedy, commands } = finding;
    html! {
        article class={ "finding of-" (level.name()) } {
            h3 {
                span.level { (level.name()) } " " (Printable(what)) " " code.id { (id) }
            }
            @if let Some(why) = why.as_ref().filter(|why| !why.is_empty()) {
                p.evidence { (Printable(why)) }
            }
            @if let Some(remedy) = remedy { p { strong { "Tip: " } (Printable(remedy)) } }
            @for command in commands {
                pre tabindex="0" aria-label="command" {
                    code { (Printable(&command.run)) }
                    @if command.place != crate::notice::Place::Here {
                        span.note { "   # " (Where(command)) }
                    }
                }
            }
        }
    }
}

fn warnings(model: &Model) -> Markup {
    let warnings = &model.warnings;
    if warnings.kept.is_empty() {
        return html! {};
    }
    let content = html! {
        ol.warnings {
            @for (at, warning) in &warnings.kept {
                li class={ "of-" (warning.level.name()) } {
                    (moment(model, *at))
                    " " (Printable(&warning.what))
                    @if let Some(remedy) = &warning.remedy { p { strong { "Tip: " } (Printable(remedy)) } }
                    " " code.id { (warning.id) }
                }
            }
        }
        (more(warnings.more, "warning"))
    };
    let is_note = |(_, notice): &(SystemTime, Notice)| notice.level <= Level::Note;
    let title = if warnings.kept.iter().all(is_note) { "Notes" } else { "Warnings" };
    section("warnings", title, &content)
}

/// A time, and its distance from the start of the run.
fn moment(model: &Model, time: SystemTime) -> Markup {
    html! {
        time datetime=(rfc3339(time)) { (date(time)) }
        @if let Some(since) = model.since_start(time) {
            " (" (plot::time(since.as_secs_f64())) ")"
        }
    }
}

fn run(model: &Model, page: &Page, text: &str, json: &Embedded) -> Markup {
    let content = html! {
        dl.facts {
            @if let Some(host) = sys::host_name() { dt { "Host" } dd { (Printable(&host)) } }
            @for (name, value) in &model.facts { dt { (name) } dd { (Printable(value)) } }
            dt { "Started" }
            dd { time datetime=(rfc3339(model.started)) { (date(model.started)) } }
            @if let Some(elapsed) = page.elapsed {
                dt { "Duration" }
                dd { (length(elapsed)) }
            }
            dt { "Exit status" }
            dd { (page.verdict.status) }
            dt { "mcast" }
            dd { (env!("CARGO_PKG_VERSION")) }
        }
        details {
            summary { "Summary as text" }
            pre tabindex="0" { (text.trim()) }
        }
        p.note {
            "The element with the id " code { "summary" } " of this page contains the summary as JSON."
            @for left_out in &json.left_out { " Left out: " (left_out) "." }
        }
    };
    section("run", "Run", &content)
}
