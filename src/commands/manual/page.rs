//! The manual pages.

use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;

use super::help_text::{HelpText, Section};
use super::roff_text::{RoffText, rendered};
use super::supplement::{Supplement, supplement};
use crate::cli::Cli;

/// A manual page of section 1.
pub struct Page {
    /// The name: `mcast-recv`.
    pub name: String,
    pub roff: String,
}

/// All pages; that of the program comes first.
pub fn pages() -> Vec<Page> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let names: Vec<String> =
        std::iter::once(&program).chain(program.get_subcommands()).map(name_of).collect();
    let help = HelpText::read(&below_options(&program));
    let commands = program.get_subcommands();
    let page = |command: &Command| Page {
        name: name_of(command),
        roff: Writer { command: &detailed(command), program: &help, names: &names }.page(),
    };
    std::iter::once(&program).chain(commands).map(page).collect()
}

fn name_of(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn below_options(command: &Command) -> String {
    command.get_after_long_help().map(ToString::to_string).unwrap_or_default()
}

/// The command with everything in its help that clap_mangen leaves out or spreads over many lines.
fn detailed(command: &Command) -> Command {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    command.clone().override_usage(usage).mut_args(|arg| {
        let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string);
        let mut help = help.unwrap_or_default();
        let values = arg.get_possible_values();
        if !values.is_empty() && !arg.is_hide_possible_values_set() {
            let names: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
            help += &format!("\n\n[possible values: {}]", names.join(", "));
        }
        if let Some(aliases) = arg.get_visible_aliases().filter(|aliases| !aliases.is_empty()) {
            help += &format!("\n\n[alias: --{}]", aliases.join(", --"));
        }
        let arg = arg.hide_possible_values(true).long_help(help);
        match arg.is_positional() && arg.get_help_heading().is_none() {
            true => arg.help_heading(ARGUMENTS),
            false => arg,
        }
    })
}

const ARGUMENTS: &str = "Arguments";

/// Writes the page of one command.
struct Writer<'a> {
    command: &'a Command,
    /// The help of the program.
    program: &'a HelpText,
    names: &'a [String],
}

impl Writer<'_> {
    fn page(&self) -> String {
        let name = name_of(self.command);
        let own = supplement(name.strip_prefix("mcast-").unwrap_or_default());
        let mut help = HelpText::read(&below_options(self.command));
        let mut roff = RoffText::new(&name);
        let man = Man::new(self.command.clone());
        roff.add_rendered(|out| man.render_name_section(out));
        roff.add_rendered(|out| man.render_synopsis_section(out));
        roff.add_heading("DESCRIPTION");
        own.description.iter().for_each(|text| roff.add_paragraph(text));
        help.paragraphs.iter().for_each(|text| roff.add_paragraph(text));
        self.add_commands(&mut roff);
        self.add_options(&mut roff, &man);
        let examples = self.add_other_sections(&mut roff, &mut help);
        self.add_shared(&mut roff, &mut help);
        self.add_files(&mut roff, own);
        roff.add_heading("EXAMPLES");
        examples.iter().for_each(|section| {
            if section.title != "Examples" {
                roff.add_paragraph(&(section.title.clone() + ":"));
            }
            roff.add_section(section);
        });
        roff.add_heading("SEE ALSO");
        let pages = self.names.iter().filter(|other| **other != name);
        let pages: Vec<String> = pages.map(|page| format!("{page}(1)")).collect();
        roff.add_references(pages.iter().map(String::as_str).chain(own.see_also.iter().copied()));
        roff.finish()
    }

    fn add_commands(&self, roff: &mut RoffText) {
        if self.command.has_subcommands() {
            roff.add_heading("COMMANDS");
        }
        for command in self.command.get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            roff.add_term(&(name_of(command) + "(1)"), &about);
        }
    }

    /// Adds the options, each group below a heading of its own.
    fn add_options(&self, roff: &mut RoffText, man: &Man) {
        let headings: Vec<&str> =
            self.command.get_arguments().filter_map(Arg::get_help_heading).collect();
        let title = |heading: &str| {
            let title = headings.iter().find(|title| title.to_uppercase() == heading);
            title.map_or(heading, |title| *title).to_owned()
        };
        let options = rendered(|out| man.render_options_section(out));
        let mut groups: Vec<(String, &str)> = options
            .split(".SH ")
            .filter_map(|group| group.split_once('\n'))
            .map(|(heading, text)| (title(heading.trim_matches('"')), text))
            .collect();
        // clap_mangen puts the options without a group first.
        groups.sort_by_key(|(title, _)| match title.as_str() {
            ARGUMENTS => 0,
            "OPTIONS" => 2,
            _ => 1,
        });
        let is_grouped = groups.iter().any(|(title, _)| title != ARGUMENTS && title != "OPTIONS");
        let mut has_heading = false;
        for (title, text) in groups {
            if title == ARGUMENTS {
                roff.add_heading("ARGUMENTS");
            } else {
                if !std::mem::replace(&mut has_heading, true) {
                    roff.add_heading("OPTIONS");
                }
                let own = if title == "OPTIONS" { "Other" } else { title.as_str() };
                is_grouped.then(|| roff.add_subheading(own));
            }
            // An empty line begins a paragraph, which keeps its indentation.
            let lines = text.lines().map(|line| if line.is_empty() { ".IP" } else { line });
            lines.for_each(|line| roff.add_line(line));
        }
    }

    /// Adds the sections that only this help has, and returns those with commands.
    fn add_other_sections(&self, roff: &mut RoffText, help: &mut HelpText) -> Vec<Section> {
        let (commands, others): (Vec<Section>, Vec<Section>) =
            help.sections.clone().into_iter().partition(Section::is_commands);
        for section in others.iter().filter(|section| !SHARED.contains(&section.title.as_str())) {
            roff.add_subheading(&section.title);
            roff.add_section(section);
        }
        commands
    }

    /// Adds the sections that a command without its own takes from the program.
    fn add_shared(&self, roff: &mut RoffText, help: &mut HelpText) {
        for title in SHARED {
            let of_program = self.program.sections.iter().find(|section| section.title == *title);
            let Some(mut section) = help.take(title).or_else(|| of_program.cloned()) else {
                continue;
            };
            let has = |id: &str| self.command.get_arguments().any(|arg| arg.get_id() == id);
            if *title == "Environment" && !self.command.has_subcommands() {
                section.items.retain(|item| match item.term.as_str() {
                    "MCAST_IFACE" => has("iface"),
                    _ => has("color"),
                });
            }
            if !section.items.is_empty() || !section.text.is_empty() {
                roff.add_heading(&title.to_uppercase());
                roff.add_section(&section);
            }
        }
    }

    fn add_files(&self, roff: &mut RoffText, own: &Supplement) {
        if !own.files.is_empty() {
            roff.add_heading("FILES");
        }
        own.files.iter().for_each(|(file, text)| roff.add_term(file, text));
    }
}

/// The titles that the help of the program has for all commands.
const SHARED: &[&str] = &["Exit status", "Environment"];

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
    fn every_page_has_the_sections_of_a_manual() {
        for Page { name, roff } in pages() {
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "SEE ALSO"] {
                assert!(
                    roff.contains(
                        &format!("\n.SH {section}\n").replace("SEE ALSO", "\"SEE ALSO\"")
                    ),
                    "{name}: {section}"
                );
            }
            assert!(roff.contains("\n.SH \"EXIT STATUS\"\n"), "{name}");
        }
    }
}
