//! The text below the options of a long help, taken apart: one source for help and manual.

/// The sections that the help may begin in the middle of a line.
const INLINE: &[&str] = &["Exit status:", "Environment:"];

/// A help text: paragraphs, and sections with a title.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HelpText {
    pub paragraphs: Vec<String>,
    pub sections: Vec<Section>,
}

/// A section: a title that ends in a colon, then a sentence, or indented items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub title: String,
    pub text: String,
    pub items: Vec<Item>,
}

/// An item: a command or a word, two spaces or more, and its explanation. The explanation goes on in
/// indented lines, a command behind a backslash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    pub term: String,
    pub text: String,
}

impl HelpText {
    pub fn read(help: &str) -> HelpText {
        let mut read = HelpText::default();
        // The section that an indented line belongs to, and whether an unindented one goes on with
        // its text, or with the last paragraph.
        let (mut in_section, mut goes_on) = (false, false);
        for line in help.lines() {
            if line.trim().is_empty() {
                goes_on = false;
            } else if line.starts_with(' ') {
                match read.sections.last_mut().filter(|_| in_section) {
                    Some(section) => section.add_line(line),
                    None => read.add_text(line, false, goes_on),
                }
            } else if let Some(title) = line.strip_suffix(':') {
                read.sections.push(Section { title: title.to_owned(), ..Section::default() });
                (in_section, goes_on) = (true, false);
            } else {
                let text = match split_inline(line) {
                    Some((before, title, text)) => {
                        if !before.is_empty() {
                            read.add_text(before, in_section, goes_on);
                        }
                        read.sections.push(Section { title, ..Section::default() });
                        (in_section, goes_on) = (true, true);
                        text
                    }
                    None => line,
                };
                in_section &= goes_on;
                read.add_text(text, in_section, goes_on);
                goes_on = true;
            }
        }
        read
    }

    /// Takes the section with this title out.
    pub fn take(&mut self, title: &str) -> Option<Section> {
        let at = self.sections.iter().position(|section| section.title == title)?;
        Some(self.sections.remove(at))
    }

    fn add_text(&mut self, text: &str, in_section: bool, goes_on: bool) {
        let sections = self.sections.last_mut().map(|section| &mut section.text);
        match sections.filter(|_| in_section).or(self.paragraphs.last_mut()) {
            Some(last) if goes_on => join(last, text),
            _ => self.paragraphs.push(text.to_owned()),
        }
    }
}

/// The parts of a line around a title in it.
fn split_inline(line: &str) -> Option<(&str, String, &str)> {
    INLINE.iter().find_map(|title| {
        let (before, text) = line.split_once(title)?;
        Some((before.trim_end(), title.trim_end_matches(':').to_owned(), text.trim_start()))
    })
}

impl Section {
    fn add_line(&mut self, line: &str) {
        let indent = line.len() - line.trim_start().len();
        let (first, rest) = match line.trim().split_once("  ") {
            Some((first, rest)) => (first, rest.trim_start()),
            None => (line.trim(), ""),
        };
        match self.items.last_mut() {
            Some(item) if item.term.ends_with('\\') => {
                item.term += &format!("\n    {first}");
                rest.clone_into(&mut item.text);
            }
            Some(item) if indent > 2 => join(&mut item.text, line),
            _ => self.items.push(Item { term: first.to_owned(), text: rest.to_owned() }),
        }
    }

    /// Whether its items are commands to type.
    pub fn is_commands(&self) -> bool {
        let first = self.items.first();
        first.is_some_and(|item| self.title == "Examples" || item.term.starts_with("mcast "))
    }
}

/// Adds a line to a text that flows.
fn join(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    *text += line.trim();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(term: &str, text: &str) -> Item {
        Item { term: term.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_help_text_comes_apart() {
        let mut text = HelpText::read(
            "It joins the group,\nand leaves it. Exit status: 0 fine, 1\nnot fine.\n\nMore.\n\n\
             Examples:\n  mcast recv -c 1   one\n                    datagram\n  mcast recv \\\n      \
             --once   to the end\n  mcast ifaces\n                    interfaces\n\n\
             Exit status:\n  0  done",
        );
        assert_eq!(text.paragraphs, ["It joins the group, and leaves it.", "More."]);
        let status = text.take("Exit status").unwrap();
        assert_eq!((status.text.as_str(), status.items.len()), ("0 fine, 1 not fine.", 0));
        assert_eq!(text.take("Exit status").unwrap().items, [item("0", "done")]);
        let examples = text.take("Examples").unwrap();
        assert!(examples.is_commands() && text.sections.is_empty());
        assert_eq!(
            examples.items,
            [
                item("mcast recv -c 1", "one datagram"),
                item("mcast recv \\\n    --once", "to the end"),
                item("mcast ifaces", "interfaces"),
            ]
        );
    }
}
