//! The order of words: options may precede the command.

use std::ffi::OsString;

use clap::Command;

use super::line::takes_value;

/// Moves the command before the options that precede it: `mcast -o json recv` becomes
/// `mcast recv -o json`. Options of the program stay first.
pub fn command_first(program: &Command, mut words: Vec<OsString>) -> Vec<OsString> {
    if let Some(at) = command_after_options(program, &words) {
        words[1..=at].rotate_right(1);
    }
    words
}

/// The position of the command, if options come before it.
fn command_after_options(program: &Command, words: &[OsString]) -> Option<usize> {
    let takes_next = |option: &str| {
        let is_whole = option.starts_with("--") || option.len() == 2;
        let mut commands = program.get_subcommands();
        is_whole && commands.any(|command| takes_value(command, option) == Some(true))
    };
    let mut at = 1;
    while let Some(word) = words.get(at)?.to_str() {
        if !word.starts_with('-') {
            return program.find_subcommand(word).filter(|_| at > 1).map(|_| at);
        }
        if ["-h", "--help", "-V", "--version", "--"].contains(&word) {
            return None;
        }
        at += if takes_next(word) { 2 } else { 1 };
    }
    None
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_command_comes_first() {
        for (typed, moved) in [
            ("mcast -v recv 239.1.1.1", "mcast recv -v 239.1.1.1"),
            ("mcast -o json -qq recv -c 1", "mcast recv -o json -qq -c 1"),
            ("mcast --output=json listen", "mcast listen --output=json"),
            ("mcast --color never -i e0 check", "mcast check --color never -i e0"),
            ("mcast recv -v send", "mcast recv -v send"),
            ("mcast -h recv", "mcast -h recv"),
            ("mcast -v 239.1.1.1", "mcast -v 239.1.1.1"),
            ("mcast -o", "mcast -o"),
        ] {
            let words = typed.split(' ').map(OsString::from).collect();
            let words = command_first(&Cli::command(), words);
            assert_eq!(words.join(&OsString::from(" ")), moved, "{typed}");
        }
    }
}
