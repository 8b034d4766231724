//! A manual page in roff.

use std::io;

use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::help_text::{EXAMPLES, Item, Section};

/// The lines that roff writes before each document. A page needs them once.
const PREAMBLE_LINES: usize = 2;

/// A page that grows section by section.
pub struct RoffText(String);

impl RoffText {
    /// Begins a page. It has no date: the same source makes the same page.
    pub fn new(name: &str) -> RoffText {
        let program = concat!("mcast ", env!("CARGO_PKG_VERSION"));
        let mut title = Roff::new();
        title.control("TH", [name, "1", "\"\"", program, "User Commands"]);
        // No hyphens and no extra spaces, because readers copy commands from here.
        title.control("nh", []).control("ad", ["l"]);
        RoffText(title.render())
    }

    /// Adds the output of clap_mangen.
    pub fn add_rendered(&mut self, render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) {
        self.0 += &rendered(render);
    }

    pub fn add_line(&mut self, line: &str) {
        self.0 += line;
        self.0.push('\n');
    }

    pub fn add_heading(&mut self, heading: &str) {
        self.add(|roff| roff.control("SH", [heading]));
    }

    pub fn add_subheading(&mut self, heading: &str) {
        self.add(|roff| roff.control("SS", [heading]));
    }

    pub fn add_paragraph(&mut self, text: &str) {
        self.add(|roff| roff.control("PP", []).text([roman(text)]));
    }

    /// Adds a bold term with an indented text below it.
    pub fn add_term(&mut self, term: &str, text: &str) {
        self.add(|roff| roff.control("TP", []).text([bold(term)]).text([roman(text)]));
    }

    /// Adds the items of a section.
    pub fn add_section(&mut self, section: &Section) {
        for item in &section.items {
            match section.title.as_str() {
                EXAMPLES => self.add_command(item),
                _ if item.text.is_empty() => self.add_paragraph(&item.term),
                _ => self.add_term(&item.term, &item.text),
            }
        }
    }

    /// Adds a command below its explanation.
    fn add_command(&mut self, item: &Item) {
        self.add(|roff| {
            roff.control("PP", []).text([roman(&item.text)]);
            roff.control("RS", ["4"]).control("nf", []);
            for line in item.term.lines() {
                roff.text([bold(line)]);
            }
            roff.control("fi", []).control("RE", [])
        });
    }

    /// Adds the names of other pages: `ip(8), ss(8)`.
    pub fn add_references(&mut self, pages: impl Iterator<Item = String>) {
        let mut line: Vec<Inline> = Vec::new();
        for page in pages {
            let (name, section) = page.split_at(page.find('(').unwrap_or(page.len()));
            if !line.is_empty() {
                line.push(roman(", "));
            }
            line.extend([bold(name), roman(section)]);
        }
        self.add(|roff| roff.text(line));
    }

    fn add(&mut self, write: impl FnOnce(&mut Roff) -> &mut Roff) {
        let mut roff = Roff::new();
        write(&mut roff);
        self.add_rendered(|out| roff.to_writer(out));
    }

    /// The page. In text, roff makes typographic characters of some of ASCII, which a shell does not
    /// take.
    pub fn finish(self) -> String {
        let line = |line: &str| {
            let text = match line.starts_with('.') {
                true => line.to_owned(),
                false => line.replace('~', r"\(ti").replace('^', r"\(ha").replace('`', r"\(ga"),
            };
            text + "\n"
        };
        self.0.lines().map(line).collect()
    }
}

/// A part of a page without the preamble.
pub fn rendered(render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(&mut bytes).expect("memory takes every byte");
    let text = String::from_utf8(bytes).expect("roff writes UTF-8");
    text.split_inclusive('\n').skip(PREAMBLE_LINES).collect()
}
