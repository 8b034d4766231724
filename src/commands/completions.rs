//! `mcast completions`: the script of clap_complete, with the parts that differ from host to host.
//!
//! The scripts read the names of interfaces from the system and never run mcast.

use std::process::ExitCode;

use clap::{Arg, Command, ValueEnum, ValueHint};
use clap_complete::{Shell, generate};

use super::document;
use crate::cli::{CompletionsArgs, with_help};

/// Stands in the generated script for the names of interfaces.
const INTERFACES: &str = "MCAST_INTERFACES";

/// Prints the script. Returns the exit status.
pub fn run(args: &CompletionsArgs) -> ExitCode {
    document::print(script(args.shell).as_bytes())
}

fn script(shell: Shell) -> String {
    let hinted = |command: Command| {
        command.mut_args(hinted).mut_subcommands(|nested| nested.mut_args(hinted))
    };
    let mut script = Vec::new();
    generate(shell, &mut with_help().mut_subcommands(hinted), "mcast", &mut script);
    let script = String::from_utf8(script).expect("clap_complete writes UTF-8");
    match shell {
        Shell::Bash => {
            let script = script
                .replace(&format!("\"{INTERFACES}\""), "\"$(_mcast_interfaces)\"")
                .replace("complete -F _mcast ", "complete -F _mcast_line ");
            include_str!("completions/mcast.bash").to_owned() + &script
        }
        Shell::Zsh => {
            let function = "\n_mcast() {\n";
            let added = include_str!("completions/mcast.zsh");
            let first = "    _mcast_is_command && { _mcast_command; return }\n";
            script
                .replace(&format!("({INTERFACES})"), "_mcast_interfaces")
                .replace(function, &format!("\n{added}{}{first}", &function[1..]))
        }
        Shell::Fish => {
            let shells: Vec<String> =
                Shell::value_variants().iter().map(Shell::to_string).collect();
            let added = include_str!("completions/mcast.fish");
            script.replace(&format!("\"{INTERFACES}\\t''\""), "\"(__fish_mcast_interfaces)\"")
                + &added.replace("MCAST_SHELLS", &shells.join(" "))
        }
        _ => script,
    }
}

/// The argument with a hint at its values. Without one, shells offer files.
fn hinted(arg: Arg) -> Arg {
    if !arg.get_action().takes_values() || !arg.get_possible_values().is_empty() {
        return arg;
    }
    let names = arg.get_value_names().unwrap_or_default();
    match names.first().map(|name| name.as_str()) {
        Some("IFACE") => arg.value_parser([INTERFACES]),
        Some("FILE") => arg.value_hint(ValueHint::FilePath),
        Some("DIR") => arg.value_hint(ValueHint::DirPath),
        _ => arg.value_hint(ValueHint::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generated_script_takes_its_additions() {
        for (shell, added) in [
            (Shell::Bash, &["compgen -W \"$(_mcast_interfaces)\"", "complete -F _mcast_line "][..]),
            (Shell::Zsh, &[":IFACE:_mcast_interfaces'", "{ _mcast_command; return }\n"]),
            (Shell::Fish, &["-f -a \"(__fish_mcast_interfaces)\""]),
        ] {
            let script = script(shell);
            for placeholder in [INTERFACES, "MCAST_SHELLS"] {
                assert!(!script.contains(placeholder), "{shell}: {script}");
            }
            added.iter().for_each(|part| assert!(script.contains(part), "{shell}: {part}"));
            assert!(!script.contains("complete -F _mcast "), "{script}");
        }
    }

    #[test]
    fn every_shell_gets_every_command_and_option() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            let commands =
                ["recv", "send", "check", "bench", "throughput", "ifaces", "completions"];
            for word in commands.into_iter().chain(["man", "expect-traffic", "leave-wait"]) {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
