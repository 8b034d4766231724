//! Command lines as a shell splits them.

use std::sync::LazyLock;

use mcast::cli::Cli;

/// The words of mcast after its own name that begin a command: names and aliases.
static SUBCOMMANDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let command = <Cli as clap::CommandFactory>::command();
    let names = command.get_subcommands().flat_map(|command| {
        [command.get_name().to_owned()]
            .into_iter()
            .chain(command.get_all_aliases().map(str::to_owned))
            .collect::<Vec<_>>()
    });
    names.chain(["help".to_owned()]).collect()
});

/// Splits a line into words. Quotes group, and operators stand alone.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut is_word = false;
    for letter in line.chars().chain([' ']) {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => word.push(letter),
            (None, '\'' | '"') => (quote, is_word) = (Some(letter), true),
            (None, ' ') => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            (None, _) => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    words
}

/// The mcast command in a line, up to a pipe, a redirection or another command.
pub fn mcast_command(line: &str) -> Option<Vec<String>> {
    let line = line.trim_start().trim_start_matches("$ ");
    let line = match line.strip_prefix("cargo run --release -- ") {
        Some(rest) => format!("mcast {rest}"),
        None => line.to_owned(),
    };
    let words = words(&line);
    let begins = |pair: &[String]| pair[0] == "mcast" && SUBCOMMANDS.contains(&pair[1]);
    let start = words.windows(2).position(begins)?;
    let ends = |word: &String| matches!(word.as_str(), "|" | ">" | "||" | "&&" | "&" | ";" | "#");
    Some(words[start..].iter().take_while(|word| !ends(word)).cloned().collect())
}

/// The lines of a block, with those that end in `\` joined.
pub fn lines(block: &str) -> Vec<String> {
    block.replace("\\\n", " ").lines().map(str::to_owned).collect()
}

#[test]
fn words_are_split_as_by_a_shell() {
    assert_eq!(words("a  'b c' \"d e\"f ''"), ["a", "b c", "d ef", ""]);
    let found = |line| mcast_command(line).map(|words| words.join(" "));
    assert_eq!(found("sudo mcast check | cat").as_deref(), Some("mcast check"));
    assert_eq!(found("docker run mcast recv -c 1 > f").as_deref(), Some("mcast recv -c 1"));
    assert_eq!(found("$ cargo run --release -- ifaces").as_deref(), Some("mcast ifaces"));
    assert_eq!(found("docker build -t mcast ."), None);
}
