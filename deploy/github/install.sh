#!/usr/bin/env bash
# Adds mcast to the PATH of the next steps: the program of MCAST_PROGRAM, the release MCAST_VERSION,
# or a program that it builds.
set -euo pipefail

# The archive of a release for this runner.
archive() {
  case "$RUNNER_OS-$RUNNER_ARCH" in
    Linux-X64) echo "mcast-$1-x86_64-unknown-linux-gnu.tar.gz" ;;
    Linux-ARM64) echo "mcast-$1-aarch64-unknown-linux-gnu.tar.gz" ;;
    macOS-*) echo "mcast-$1-universal-apple-darwin.tar.gz" ;;
    Windows-X64) echo "mcast-$1-x86_64-pc-windows-msvc.zip" ;;
    *)
      echo "mcast: no release for $RUNNER_OS-$RUNNER_ARCH; leave the input 'version' empty" >&2
      return 1
      ;;
  esac
}

# Downloads a release into the current folder, and compares its checksum.
download() {
  local name repository address
  name=$(archive "$1")
  # An action in the checkout of its own repository has no MCAST_REPOSITORY.
  repository=${MCAST_REPOSITORY:-$GITHUB_REPOSITORY}
  address=$GITHUB_SERVER_URL/$repository/releases/download/v$1
  curl --fail --silent --show-error --location --retry 3 --remote-name "$address/SHA256SUMS"
  curl --fail --silent --show-error --location --retry 3 --remote-name "$address/$name"
  # The line of this file must exist: without it, nothing would be compared.
  grep -F -- "  $name" SHA256SUMS >sum || {
    echo "mcast: SHA256SUMS has no checksum of $name" >&2
    return 1
  }
  if command -v sha256sum >/dev/null; then
    sha256sum --check --strict sum
  else
    shasum --algorithm 256 --check --strict sum
  fi
  case $name in
    *.zip) unzip -q -o "$name" ;;
    *) tar -xzf "$name" ;;
  esac
  folder=$PWD/${name%.tar.gz}
  folder=${folder%.zip}
}

if [ -n "${MCAST_PROGRAM:-}" ]; then
  program=$(realpath -e -- "$MCAST_PROGRAM")
  folder=$(dirname -- "$program")
elif [ -n "${MCAST_VERSION:-}" ]; then
  mkdir -p -- "$RUNNER_TEMP/mcast"
  cd -- "$RUNNER_TEMP/mcast"
  download "${MCAST_VERSION#v}"
else
  folder=$RUNNER_TEMP/mcast/bin
  # In this folder rustup uses the toolchain of the project.
  cd -- "$(dirname -- "$0")/../.."
  cargo install --locked --path . --root "$RUNNER_TEMP/mcast"
fi
"$folder/mcast" --version
echo "$folder" >>"$GITHUB_PATH"
