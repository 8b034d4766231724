//! `mcast completions`.

use clap::Args;
use clap_complete::Shell;

/// What `mcast completions` takes.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_long_help = "\
Examples:
  mcast completions bash > ~/.local/share/bash-completion/completions/mcast
                                                  bash, with the package bash-completion
  echo 'eval \"$(mcast completions bash)\"' >> ~/.bashrc
                                                  bash without it
  mcast completions zsh > ~/.zfunc/_mcast         zsh; ~/.zfunc must be in fpath before compinit
  mcast completions fish > ~/.config/fish/completions/mcast.fish
                                                  fish
  Add-Content $PROFILE 'mcast completions powershell | Out-String | Invoke-Expression'
                                                  PowerShell
  mcast completions elvish >> ~/.config/elvish/rc.elv
                                                  Elvish

Create missing directories first. Completion starts in the next shell."
)]
pub struct CompletionsArgs {
    /// Shell to print the script for
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}
