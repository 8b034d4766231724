//! The parts of a Markdown page that the tests look at.

use std::fs;
use std::path::{Path, PathBuf};

/// A page of the documentation.
pub struct Page {
    /// Its path from the root of the repository, with `/`.
    pub name: String,
    pub text: String,
}

/// A block of code.
pub struct Block {
    /// The words behind its opening fence, for example `yaml github`. Empty for an indented block.
    pub info: String,
    pub text: String,
}

/// A table, with the text of its cells.
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A line of a page: prose, or code in a block of this number.
enum Line<'a> {
    Prose(&'a str),
    Fence(&'a str),
    Code(&'a str),
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    pub fn read(name: &str) -> Page {
        let text =
            fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Page { name: name.to_owned(), text }
    }

    /// README.md, CONTRIBUTING.md, SECURITY.md and every page under docs/.
    pub fn all() -> Vec<Page> {
        let mut names = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned).to_vec();
        names.extend(names_under("docs"));
        names.iter().map(|name| Page::read(name)).collect()
    }

    /// The pages under docs/.
    pub fn of_docs() -> Vec<Page> {
        names_under("docs").iter().map(|name| Page::read(name)).collect()
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let (mut fenced, mut after_blank, mut indented) = (false, true, false);
        self.text.lines().map(move |line| {
            let is_fence = line.trim_start().starts_with("```");
            if is_fence {
                fenced = !fenced;
                return Line::Fence(if fenced { line.trim_start_matches([' ', '`']) } else { "" });
            }
            if fenced {
                return Line::Code(line);
            }
            // An indented block begins after a blank line.
            indented = line.starts_with("    ") && (indented || after_blank);
            after_blank = line.trim().is_empty();
            if indented { Line::Code(&line[4..]) } else { Line::Prose(line) }
        })
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut fenced, mut open) = (false, false);
        for line in self.lines() {
            match line {
                Line::Fence(info) => {
                    fenced = !fenced;
                    open = fenced;
                    if fenced {
                        blocks.push(Block { info: info.to_owned(), text: String::new() });
                    }
                }
                Line::Code(code) => {
                    if !open {
                        blocks.push(Block { info: String::new(), text: String::new() });
                        open = true;
                    }
                    let block = blocks.last_mut().expect("a block was opened");
                    block.text.push_str(code);
                    block.text.push('\n');
                }
                Line::Prose(_) => open = false,
            }
        }
        blocks
    }

    /// The blocks of a language.
    pub fn blocks_of(&self, language: &str) -> Vec<Block> {
        let mut blocks = self.blocks();
        blocks.retain(|block| block.info.split(' ').next() == Some(language));
        blocks
    }

    /// The lines outside of code blocks.
    pub fn prose(&self) -> Vec<&str> {
        let prose = |line| match line {
            Line::Prose(prose) => Some(prose),
            Line::Fence(_) | Line::Code(_) => None,
        };
        self.lines().filter_map(prose).collect()
    }

    /// The code spans outside of code blocks.
    pub fn spans(&self) -> Vec<String> {
        // A span may go over the end of a line, and no further than its paragraph.
        let prose = self.prose().join("\n");
        prose
            .split("\n\n")
            .flat_map(|paragraph| paragraph.split("\n|"))
            .flat_map(|part| spans_of(&part.replace('\n', " ")))
            .collect()
    }

    /// The first paragraph under the title.
    pub fn opening(&self) -> String {
        let prose = self.prose().join("\n");
        let is_text = |paragraph: &&str| {
            !["#", "<", "!", "["].iter().any(|mark| paragraph.trim_start().starts_with(mark))
        };
        let paragraphs = prose.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
        paragraphs.into_iter().find(is_text).unwrap_or_default().to_owned()
    }

    pub fn tables(&self) -> Vec<Table> {
        let mut tables: Vec<Table> = Vec::new();
        let mut inside = false;
        for line in self.prose() {
            let Some(cells) = cells_of(line) else {
                inside = false;
                continue;
            };
            if !inside {
                tables.push(Table { header: cells, rows: Vec::new() });
            } else if !cells.iter().all(|cell| cell.chars().all(|letter| "-: ".contains(letter))) {
                tables.last_mut().expect("a header came first").rows.push(cells);
            }
            inside = true;
        }
        tables
    }

    /// The tables whose first column has this header.
    pub fn tables_of(&self, header: &str) -> Vec<Table> {
        let mut tables = self.tables();
        tables.retain(|table| table.header[0] == header);
        tables
    }

    /// The folder of the page, from the root.
    pub fn folder(&self) -> PathBuf {
        Path::new(&self.name).parent().map(Path::to_owned).unwrap_or_default()
    }
}

impl Table {
    /// The code spans of the first column.
    pub fn keys(&self) -> Vec<String> {
        self.rows.iter().flat_map(|row| spans_of(&row[0])).collect()
    }
}

/// The code spans of a text, with the escaped `|` of tables.
pub fn spans_of(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(|span| span.replace("\\|", "|")).collect()
}

fn cells_of(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let escaped = inner.replace("\\|", "\0");
    Some(escaped.split('|').map(|cell| cell.trim().replace('\0', "\\|")).collect())
}

fn names_under(folder: &str) -> Vec<String> {
    let mut names = Vec::new();
    let entries = fs::read_dir(root().join(folder)).expect("a folder of pages");
    for entry in entries {
        let entry = entry.expect("an entry of the folder");
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            names.extend(names_under(&name));
        } else if name.ends_with(".md") {
            names.push(name);
        }
    }
    names.sort();
    names
}
