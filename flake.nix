# The package and a shell for developers:
#
#   nix run github:OWNER/mcast -- --version
#   nix develop
#
# The repository has no flake.lock: nix writes one.
{
  description = "Send, receive, measure and explain IP multicast";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      forEach = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      manifest = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).package;
    in
    {
      packages = forEach (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = manifest.name;
          inherit (manifest) version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          # The tests build hosts from network namespaces, which the sandbox of nix forbids.
          doCheck = false;
          postInstall =
            pkgs.lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
              $out/bin/mcast man man1
              installManPage man1/*.1
              for shell in bash fish zsh; do
                $out/bin/mcast completions $shell >mcast.$shell
                installShellCompletion --$shell mcast.$shell
              done
            ''
            + pkgs.lib.optionalString pkgs.stdenv.hostPlatform.isLinux ''
              for unit in deploy/systemd/*.service; do
                substitute $unit $(basename $unit) --replace-fail /usr/bin/mcast $out/bin/mcast
                install -Dm644 -t $out/lib/systemd/system $(basename $unit)
              done
            '';
          meta = {
            inherit (manifest) description homepage;
            license = pkgs.lib.licenses.mit;
            mainProgram = "mcast";
            platforms = systems;
          };
        };
      });

      devShells = forEach (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.cargo
            pkgs.clippy
            pkgs.rustc
            pkgs.rustfmt
          ];
        };
      });
    };
}
