//! The sections below the options of a long help, taken apart: one source for help and manual.

/// A section: a title, and items in indented lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    pub title: String,
    pub items: Vec<Item>,
}

/// In the section of examples: a command, below its explanation. In others: a term, two spaces or
/// more, and an explanation that continues in lines with a larger indentation. A sentence is a term
/// without an explanation.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    pub term: String,
    pub text: String,
}

pub const EXAMPLES: &str = "Examples";

/// The indentation of items.
const INDENT: usize = 2;

/// Takes the sections apart.
pub fn sections(help: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in help.lines().filter(|line| !line.trim().is_empty()) {
        match sections.last_mut().filter(|_| line.starts_with(' ')) {
            Some(section) => section.add_line(line),
            None => {
                let title = line.trim().trim_end_matches(':').to_owned();
                sections.push(Section { title, items: Vec::new() });
            }
        }
    }
    sections
}

impl Section {
    fn add_line(&mut self, line: &str) {
        let is_first = line.len() - line.trim_start().len() == INDENT;
        let is_example = self.title == EXAMPLES;
        let text = line.trim();
        match self.items.last_mut().filter(|_| !is_first) {
            Some(item) if is_example => {
                if !item.term.is_empty() {
                    item.term.push('\n');
                }
                item.term += line.get(2 * INDENT..).unwrap_or(text);
            }
            Some(item) => {
                item.text.push(' ');
                item.text += text;
            }
            None => {
                let (term, text) = match text.split_once("  ") {
                    _ if is_example => ("", text),
                    Some((term, text)) => (term, text.trim_start()),
                    None => (text, ""),
                };
                self.items.push(Item { term: term.to_owned(), text: text.to_owned() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(title: &str, items: &[(&str, &str)]) -> Section {
        let item =
            |(term, text): &(&str, &str)| Item { term: (*term).into(), text: (*text).into() };
        Section { title: title.to_owned(), items: items.iter().map(item).collect() }
    }

    #[test]
    fn a_help_text_comes_apart() {
        let help = "Examples:\n  Print one:\n    mcast recv \\\n      -c 1\n    mcast send\n  List:\n    \
                    mcast ifaces\n\nExit status:\n  0      success\n  128+N  ended by\n         signal N";
        assert_eq!(
            sections(help),
            [
                section(
                    "Examples",
                    &[
                        ("mcast recv \\\n  -c 1\nmcast send", "Print one:"),
                        ("mcast ifaces", "List:")
                    ]
                ),
                section("Exit status", &[("0", "success"), ("128+N", "ended by signal N")]),
            ]
        );
    }
}
