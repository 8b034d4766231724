# typed: strict
# frozen_string_literal: true

# The formula of a tap. It installs the released program, and needs no Rust.
class Mcast < Formula
  desc "@DESCRIPTION@"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "@LICENSE@"

  on_macos do
    url "@REPOSITORY@/releases/download/v@VERSION@/mcast-@VERSION@-universal-apple-darwin.tar.gz"
    sha256 "@SHA256 mcast-@VERSION@-universal-apple-darwin.tar.gz@"
  end

  on_linux do
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/mcast-@VERSION@-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256 mcast-@VERSION@-x86_64-unknown-linux-gnu.tar.gz@"
    end
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/mcast-@VERSION@-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256 mcast-@VERSION@-aarch64-unknown-linux-gnu.tar.gz@"
    end
  end

  def install
    bin.install "mcast"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/mcast.bash" => "mcast"
    zsh_completion.install "completions/_mcast"
    fish_completion.install "completions/mcast.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/mcast --version")
  end
end
