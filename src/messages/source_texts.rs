//! The texts in the source: string literals of three words or more.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::page::path;

/// Macros and methods whose text is for developers.
const FOR_DEVELOPERS: &[&str] = &[
    "assert",
    "assert_eq",
    "cfg",
    "debug",
    "debug_assert",
    "expect",
    "panic",
    "trace",
    "unreachable",
];

/// A text of the source.
pub struct SourceText {
    pub file: String,
    /// The longest part between two placeholders.
    pub part: String,
}

/// All texts of the source, without those of tests.
pub fn source_texts() -> Vec<SourceText> {
    let mut found = Vec::new();
    walk(&path("src"), &mut |file| {
        let name =
            file.strip_prefix(path("")).expect("a file of the project").display().to_string();
        let source = fs::read_to_string(file).expect("a source file");
        let tokens = TokenStream::from_str(&source).expect("Rust");
        let mut literals = Vec::new();
        collect(tokens, &mut literals);
        let parts = literals.iter().filter_map(|literal| longest_part(&unescape(literal)));
        found.extend(parts.map(|part| SourceText { file: name.clone(), part }));
    });
    found
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().collect();
    entries.sort_by_key(fs::DirEntry::path);
    for path in entries.iter().map(fs::DirEntry::path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "messages" {
            walk(&path, visit);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            visit(&path);
        }
    }
}

/// The string literals outside of tests, doc comments and messages for developers.
fn collect(tokens: TokenStream, literals: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Ident(name) if FOR_DEVELOPERS.contains(&name.to_string().as_str()) => {
                at += usize::from(is_punct(tokens.get(at), '!'));
                at += usize::from(matches!(tokens.get(at), Some(TokenTree::Group(_))));
            }
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                let mark = at + usize::from(is_punct(tokens.get(at), '!'));
                let Some(TokenTree::Group(attribute)) = tokens.get(mark) else { continue };
                let text = attribute.stream().to_string();
                if text.starts_with("cfg") && text.contains("test") {
                    at = after_item(&tokens, mark + 1);
                } else if ["doc", "expect", "allow", "cfg_attr"]
                    .iter()
                    .any(|name| text.starts_with(name))
                {
                    at = mark + 1;
                }
            }
            TokenTree::Group(group) => collect(group.stream(), literals),
            TokenTree::Literal(literal) => literals.push(literal.to_string()),
            _ => {}
        }
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == wanted)
}

/// The index behind the item that begins at `from`: it ends with a block or a semicolon.
fn after_item(tokens: &[TokenTree], from: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    tokens[from..].iter().position(ends).map_or(tokens.len(), |length| from + length + 1)
}

/// The text of a string literal; empty for another literal.
fn unescape(literal: &str) -> String {
    let Some(inside) = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return String::new();
    };
    let (mut text, mut letters) = (String::new(), inside.chars().peekable());
    while let Some(letter) = letters.next() {
        match (letter, if letter == '\\' { letters.next() } else { None }) {
            (_, Some('n' | 't')) => text.push(' '),
            (_, Some('\n')) => while letters.next_if(|next| next.is_whitespace()).is_some() {},
            (_, Some(escaped)) => text.push(escaped),
            (plain, None) => text.push(plain),
        }
    }
    text
}

/// The longest part between two placeholders, if it has three words.
fn longest_part(text: &str) -> Option<String> {
    let parts = text.split(['{', '}']).step_by(2).map(normal);
    let is_word = |word: &&str| word.chars().filter(|c| c.is_ascii_alphabetic()).count() > 1;
    parts.filter(|part| part.split(' ').filter(is_word).count() >= 3).max_by_key(String::len)
}

/// The text with each run of white space as one space.
pub fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
