//! The manual pages.

use clap::{Arg, Command};
use clap_mangen::Man;

use super::help_text::{EXAMPLES, sections};
use super::roff_text::{RoffText, rendered};
use super::supplement::supplement;
use crate::cli::with_help;
use crate::units::order::sort_by_key;

/// A manual page of section 1.
pub struct Page {
    /// The name: `mcast-recv`.
    pub name: String,
    pub roff: String,
}

/// All pages; that of the program comes first.
pub fn pages() -> Vec<Page> {
    let mut program = with_help().disable_help_subcommand(true);
    program.build();
    let nested = |command: &'_ Command| -> Vec<Command> {
        std::iter::once(command).chain(command.get_subcommands()).cloned().collect()
    };
    let all: Vec<Command> = program.get_subcommands().flat_map(nested).collect();
    let commands = || std::iter::once(&program).chain(&all);
    let names: Vec<String> = commands().map(name_of).collect();
    let page = |command| Page { name: name_of(command), roff: page(command, &names) };
    commands().map(page).collect()
}

fn name_of(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// The page of one command.
fn page(command: &Command, names: &[String]) -> String {
    let name = name_of(command);
    let own = supplement(name.strip_prefix("mcast-").unwrap_or_default());
    let below_options = command.get_after_long_help().map(ToString::to_string);
    let sections = sections(&below_options.unwrap_or_default());
    let man = Man::new(detailed(command));
    let mut roff = RoffText::new(&name);
    roff.add_rendered(|out| man.render_name_section(out));
    roff.add_rendered(|out| man.render_synopsis_section(out));
    roff.add_heading("DESCRIPTION");
    let about = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    // The first paragraph is in the section NAME.
    let about = about.split("\n\n").skip(1);
    about.chain(own.description.iter().copied()).for_each(|text| roff.add_paragraph(text));
    add_commands(&mut roff, command);
    add_options(&mut roff, command, &man);
    let others = sections.iter().filter(|section| !TITLES.contains(&section.title.as_str()));
    others.for_each(|section| {
        roff.add_subheading(&section.title);
        roff.add_section(section);
    });
    let add_if_present = |roff: &mut RoffText, title: &str| {
        if let Some(section) = sections.iter().find(|section| section.title == title) {
            roff.add_heading(&title.to_uppercase());
            roff.add_section(section);
        }
    };
    TITLES[..2].iter().for_each(|title| add_if_present(&mut roff, title));
    if !own.files.is_empty() {
        roff.add_heading("FILES");
    }
    own.files.iter().for_each(|(file, text)| roff.add_term(file, text));
    add_if_present(&mut roff, EXAMPLES);
    roff.add_heading("SEE ALSO");
    let pages = names.iter().filter(|other| **other != name).map(|page| format!("{page}(1)"));
    let others = own.see_also.iter().map(|page| (*page).to_owned());
    roff.add_references(pages.chain(others));
    roff.finish()
}

/// The sections of the help that every page has in a fixed place.
const TITLES: [&str; 3] = ["Exit status", "Environment", EXAMPLES];

/// The command with the parts that clap_mangen omits, moves or spreads over many lines.
fn detailed(command: &Command) -> Command {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    command.clone().override_usage(usage).mut_args(|arg| {
        let arg = if arg.is_positional() { arg.help_heading(ARGUMENTS) } else { arg };
        let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string);
        let mut help = help.unwrap_or_default();
        let values = arg.get_possible_values();
        if !values.is_empty() && !arg.is_hide_possible_values_set() {
            let names: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
            help += &format!("\n\n[possible values: {}]", names.join(", "));
        }
        arg.hide_possible_values(true).long_help(help)
    })
}

/// The section of positional arguments. clap_mangen writes headings in capitals.
const ARGUMENTS: &str = "ARGUMENTS";

fn add_commands(roff: &mut RoffText, command: &Command) {
    if command.has_subcommands() {
        roff.add_heading("COMMANDS");
    }
    for command in command.get_subcommands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        roff.add_term(&(name_of(command) + "(1)"), &about);
    }
}

/// Adds the arguments, then the options, each group below its heading.
fn add_options(roff: &mut RoffText, command: &Command, man: &Man) {
    let rendered = rendered(|out| man.render_options_section(out));
    let mut groups: Vec<(&str, &str)> = rendered
        .split(".SH ")
        .filter_map(|group| group.split_once('\n'))
        .map(|(heading, text)| (heading.trim_matches('"'), text))
        .collect();
    sort_by_key(&mut groups, |(heading, _)| *heading != ARGUMENTS);
    let mut has_heading = false;
    for (heading, text) in groups {
        let is_heading = |title: &&str| title.to_uppercase() == heading;
        let title = command.get_arguments().filter_map(Arg::get_help_heading).find(is_heading);
        if heading == ARGUMENTS {
            roff.add_heading(heading);
        } else if !std::mem::replace(&mut has_heading, true) {
            roff.add_heading("OPTIONS");
        }
        if let Some(title) = title.filter(|_| heading != ARGUMENTS) {
            roff.add_subheading(title);
        }
        // An empty line begins a paragraph, which keeps its indentation.
        let lines = text.lines().map(|line| if line.is_empty() { ".IP" } else { line });
        lines.for_each(|line| roff.add_line(line));
    }
}

#[cfg(test)]
mod tests {
    use super::super::supplement::SUPPLEMENTS;
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_own_supplement() {
        let names: Vec<String> = pages().into_iter().map(|page| page.name).collect();
        let supplements = SUPPLEMENTS.iter().map(|supplement| match supplement.command {
            "" => "mcast".to_owned(),
            command => format!("mcast-{command}"),
        });
        assert_eq!(names, supplements.collect::<Vec<_>>());
    }

    #[test]
    fn every_term_is_explained() {
        for Page { name, roff } in pages() {
            let terms = roff.split("\n.TP\n").skip(1);
            terms.for_each(|term| {
                let text = term.lines().nth(1).unwrap_or_default();
                assert!(!text.is_empty() && !text.starts_with('.'), "{name}: {term}");
            });
        }
    }
}
