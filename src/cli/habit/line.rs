//! The parts of a command line: options, their values, targets, and COMMAND.

use std::ffi::OsString;
use std::net::Ipv6Addr;

use clap::Command;

use crate::cli::Typed;
use crate::units::words::quote;

/// A command line of one command, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name of the command, also if an alias was typed: `recv`, `bench join`.
    pub command: String,
    /// The parts after the command.
    pub parts: Vec<Part>,
}

/// A part of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// An option, with its dashes, and its value.
    Option { name: String, value: Option<String> },
    /// A word that belongs to no option, and its position in the typed words.
    Target { text: String, at: usize },
    /// COMMAND and its arguments, after `--`.
    Command(Vec<String>),
    /// A redirection of standard output to a file, for tips only: a shell removes it from the line.
    Redirect(String),
}

impl Part {
    /// An option with a value.
    pub fn option(name: &str, value: impl Into<String>) -> Part {
        Part::Option { name: name.to_owned(), value: Some(value.into()) }
    }

    /// An option without a value.
    pub fn flag(name: &str) -> Part {
        Part::Option { name: name.to_owned(), value: None }
    }

    /// A target that was not typed.
    pub fn target(text: impl Into<String>) -> Part {
        Part::Target { text: text.into(), at: usize::MAX }
    }
}

impl Line {
    /// Splits `words`: the program, the command, and its arguments. `foreign` returns whether an
    /// option that the command lacks takes the next word. `None` if the second word is not a
    /// command, or a word is not UTF-8.
    pub fn read(
        program: &Command,
        words: &[OsString],
        foreign: impl Fn(&str, &str, Option<&str>) -> bool,
    ) -> Option<Line> {
        let words: Vec<&str> = words.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
        let (command, name, mut at) = find_command(program, &words)?;
        let mut parts = Vec::new();
        while let Some(word) = words.get(at) {
            let next = words.get(at + 1).copied();
            at += 1;
            if *word == "--" {
                parts.push(Part::Command(words[at..].iter().map(|&word| word.into()).collect()));
                break;
            }
            let takes = |option: &str| match takes_value(command, option) {
                Some(takes) => takes,
                None => foreign(&name, option, next),
            };
            let last_takes_next = match word.strip_prefix('-') {
                None | Some("") => {
                    parts.push(Part::Target { text: (*word).to_owned(), at: at - 1 });
                    false
                }
                Some(long) if long.starts_with('-') => read_long(word, takes, &mut parts),
                Some(cluster) => read_cluster(cluster, takes, &mut parts),
            };
            if let (true, Some(Part::Option { value, .. }), Some(next)) =
                (last_takes_next, parts.last_mut(), next)
            {
                *value = Some(next.to_owned());
                at += 1;
            }
        }
        Some(Line { command: name, parts })
    }

    /// Properties of the line that the parsed arguments lack.
    pub fn typed(&self) -> Typed {
        let is_letter = |part: &Part| matches!(part, Part::Option { name, .. } if name == "-t");
        Typed {
            ttl_as_letter: self.parts.iter().any(is_letter),
            bare_ports: self.targets().filter_map(|(_, text)| bare_port(text)).collect(),
            line: String::new(),
        }
    }

    /// The line, quoted for a shell.
    pub fn shown(&self) -> String {
        let words: Vec<String> = self.words().iter().map(|word| quote(word)).collect();
        let redirects = self.parts.iter().filter_map(|part| match part {
            Part::Redirect(file) => Some(format!(" > {}", quote(file))),
            _ => None,
        });
        words.join(" ") + &redirects.collect::<String>()
    }

    /// The words of the line, the program first.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec!["mcast".to_owned()];
        words.extend(self.command.split(' ').map(str::to_owned));
        for part in &self.parts {
            match part {
                Part::Redirect(_) => {}
                Part::Option { name, value: None } => words.push(name.clone()),
                Part::Option { name, value: Some(value) } if name.starts_with("--") => {
                    // A value that begins with a dash would parse as an option.
                    let spaced = value == "-" || !(value.starts_with('-') || value.is_empty());
                    match spaced {
                        true => words.extend([name.clone(), value.clone()]),
                        false => words.push(format!("{name}={value}")),
                    }
                }
                Part::Option { name, value: Some(value) } => {
                    words.extend([name.clone(), value.clone()]);
                }
                Part::Target { text, .. } => words.push(text.clone()),
                Part::Command(command) => {
                    words.push("--".to_owned());
                    words.extend(command.iter().cloned());
                }
            }
        }
        words
    }

    /// The words of the line for the parser.
    pub fn os_words(&self) -> Vec<OsString> {
        self.words().into_iter().map(OsString::from).collect()
    }

    /// The targets, with their positions in the typed words.
    pub fn targets(&self) -> impl Iterator<Item = (usize, &str)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Target { text, at } => Some((*at, text.as_str())),
            _ => None,
        })
    }
}

/// The command of a line, which begins with the name of the program. Returns it, its name, and the
/// position of the word behind it.
pub fn find_command<'a>(
    program: &'a Command,
    words: &[&str],
) -> Option<(&'a Command, String, usize)> {
    let command = program.find_subcommand(words.get(1)?)?;
    match words.get(2).and_then(|word| command.find_subcommand(word)) {
        Some(nested) => Some((nested, format!("{} {}", command.get_name(), nested.get_name()), 3)),
        None => Some((command, command.get_name().to_owned(), 2)),
    }
}

/// The address and the port that `ff15::1:5000` may stand for. A short number is a part of an
/// address, as in ff02::1:3.
fn bare_port(target: &str) -> Option<(Ipv6Addr, u16)> {
    let (address, port) =
        target.rsplit_once('@').map_or(target, |(_, group)| group).rsplit_once(':')?;
    let is_number = port.len() >= 3 && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|_| is_number && !port.starts_with('0'))?;
    Some((address.parse().ok()?, port))
}

/// Reads `--name` or `--name=value`. Returns whether the next word is its value.
fn read_long(word: &str, takes: impl Fn(&str) -> bool, parts: &mut Vec<Part>) -> bool {
    match word.split_once('=') {
        Some((name, value)) => {
            parts.push(Part::option(name, value));
            false
        }
        None => {
            parts.push(Part::flag(word));
            takes(word)
        }
    }
}

/// Reads `-q`, `-c3`, `-qc3` or `-c=3`. Returns whether the next word is the value of the last.
fn read_cluster(cluster: &str, takes: impl Fn(&str) -> bool, parts: &mut Vec<Part>) -> bool {
    for (start, letter) in cluster.char_indices() {
        let name = format!("-{letter}");
        let rest = &cluster[start + letter.len_utf8()..];
        if takes(&name) || rest.starts_with('=') {
            let value = rest.strip_prefix('=').unwrap_or(rest);
            let attached = (!rest.is_empty()).then(|| value.to_owned());
            parts.push(Part::Option { name, value: attached });
            return rest.is_empty();
        }
        parts.push(Part::flag(&name));
    }
    false
}

/// Whether an option of `command` takes a value; `None` if the command lacks it.
pub fn takes_value(command: &Command, option: &str) -> Option<bool> {
    let is_it = |arg: &&clap::Arg| match option.strip_prefix("--") {
        Some(long) => {
            arg.get_long() == Some(long)
                || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&long))
        }
        None => option.chars().nth(1).is_some_and(|short| {
            arg.get_short() == Some(short)
                || arg.get_all_short_aliases().is_some_and(|aliases| aliases.contains(&short))
        }),
    };
    command.get_arguments().find(is_it).map(|arg| arg.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn read(line: &str) -> Option<Line> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Line::read(&Cli::command(), &words, |_, option, _| option == "--port")
    }

    #[test]
    fn each_word_has_its_part() {
        let line =
            read("mcast listen -qc3 -d 2s --idle=1s 239.1.1.1 --port 5000 -i=e0 -- mcast -q")
                .unwrap();
        assert_eq!(line.command, "recv");
        assert_eq!(
            line.parts,
            [
                Part::flag("-q"),
                Part::option("-c", "3"),
                Part::option("-d", "2s"),
                Part::option("--idle", "1s"),
                Part::Target { text: "239.1.1.1".to_owned(), at: 6 },
                Part::option("--port", "5000"),
                Part::option("-i", "e0"),
                Part::Command(vec!["mcast".to_owned(), "-q".to_owned()]),
            ]
        );
    }

    #[test]
    fn the_words_read_back_as_the_same_parts() {
        for line in [
            "mcast recv -q -c 3 239.1.1.1:5000 --idle 1s -- mcast send --probe",
            "mcast send --message=-x -m y 239.1.1.1:5000",
            "mcast ifaces",
            "mcast bench join -i e0 239.1.1.1:5000",
        ] {
            assert_eq!(read(line).unwrap().words().join(" "), line);
        }
    }

    #[test]
    fn four_digits_after_an_address_may_be_a_port() {
        let address: Ipv6Addr = "ff15::1".parse().unwrap();
        let typed = read("mcast recv ff15::1:5000 fd00::5@ff15::1:319 -t 5").unwrap().typed();
        assert_eq!(typed.bare_ports, [(address, 5000), (address, 319)]);
        assert!(typed.ttl_as_letter);
        let others =
            "mcast send ff02::1:3 ff15::1234 [ff15::1]:5000 239.1.1.1:5000 ff15::1:ff00 --ttl 5";
        let typed = read(others).unwrap().typed();
        assert_eq!((typed.bare_ports.as_slice(), typed.ttl_as_letter), (&[][..], false));
    }

    #[test]
    fn other_lines_are_left_alone() {
        assert_eq!(read("mcast"), None);
        assert_eq!(read("mcast 239.1.1.1:5000"), None);
    }
}
