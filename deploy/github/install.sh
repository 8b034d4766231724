#!/usr/bin/env bash
# Adds mcast to the PATH of the next steps: the program of MCAST_PROGRAM, or one that it builds.
set -euo pipefail

if [ -n "${MCAST_PROGRAM:-}" ]; then
  program=$(realpath -e -- "$MCAST_PROGRAM")
  folder=$(dirname -- "$program")
else
  folder=$RUNNER_TEMP/mcast/bin
  # In this folder rustup uses the toolchain of the project.
  cd -- "$(dirname -- "$0")/../.."
  cargo install --locked --path . --root "$RUNNER_TEMP/mcast"
fi
"$folder/mcast" --version
echo "$folder" >>"$GITHUB_PATH"
