//! `mcast completions`.

use clap::Args;
use clap_complete::Shell;

use super::help::Sections;

pub(super) const SECTIONS: Sections = Sections {
    command: "mcast completions",
    details: &[],
    examples: "  \
  Install for bash with the package bash-completion:
    mcast completions bash > ~/.local/share/bash-completion/completions/mcast
  Install for bash without that package:
    echo 'eval \"$(mcast completions bash)\"' >> ~/.bashrc
  Install for zsh, with ~/.zfunc in fpath before compinit runs:
    mcast completions zsh > ~/.zfunc/_mcast
  Install for fish:
    mcast completions fish > ~/.config/fish/completions/mcast.fish
  Install for PowerShell:
    echo 'mcast completions powershell | Out-String | iex' >> $PROFILE
  Install for Elvish:
    mcast completions elvish >> ~/.config/elvish/rc.elv",
    exit_status: "  \
  0      success
  2      could not run: wrong usage, or a script that cannot be written",
    environment: &[],
};

/// The arguments of `mcast completions`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct CompletionsArgs {
    /// Print the script for this shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}
