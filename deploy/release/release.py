#!/usr/bin/env python3
"""Makes the files of a release. The release workflow calls it, and it runs in the same way anywhere:

    deploy/release/release.py check v1.0.0          # the tag, Cargo.toml and CHANGELOG.md agree
    deploy/release/release.py notes                 # the section of CHANGELOG.md
    deploy/release/release.py build TARGET          # compiles the program and prints its path
    deploy/release/release.py archive TARGET FILE   # packs the program, man pages and completions
    deploy/release/release.py sbom                  # lists the dependencies, with cargo-cyclonedx
    deploy/release/release.py finish                # writes manifests of package managers, SHA256SUMS

The files appear in target/release-files. It needs Python 3.11.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "target" / "release-files"
# The limit of a static program for Linux, and of the image that contains it alone.
MOST_BYTES = 5_000_000
SHELLS = {"bash": "mcast.bash", "elvish": "mcast.elv", "fish": "mcast.fish", "powershell": "mcast.ps1", "zsh": "_mcast"}
DOCUMENTS = ("CHANGELOG.md", "LICENSE", "README.md")
UNIVERSAL = "universal-apple-darwin"
PARTS = ("aarch64-apple-darwin", "x86_64-apple-darwin")
CYCLONEDX = "0.5.9"
# The templates that `finish` fills.
TEMPLATES = ("homebrew", "arch", "winget")


class Trouble(Exception):
    """A reason not to release."""


def package():
    return tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]


def version():
    return package()["version"]


def section(wanted):
    """The date of a version in the changelog, and its text."""
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    heading = re.compile(rf"## \[{re.escape(wanted)}\] - (\d{{4}}-\d\d-\d\d)$")
    for number, line in enumerate(lines):
        if found := heading.match(line):
            rest = lines[number + 1 :]
            end = next((at for at, text in enumerate(rest) if text.startswith("## ")), len(rest))
            return found[1], "\n".join(rest[:end]).strip() + "\n"
    raise Trouble(f"CHANGELOG.md has no section '## [{wanted}] - YYYY-MM-DD'")


def locked(file):
    """The version of mcast in a lock file."""
    packages = tomllib.loads((ROOT / file).read_text(encoding="utf-8"))["package"]
    return next(entry["version"] for entry in packages if entry["name"] == "mcast")


def check(tag):
    """Raises the first reason that this tag cannot be released."""
    if tag != f"v{version()}":
        raise Trouble(f"the tag is {tag}, but Cargo.toml has the version {version()}")
    for file in ("Cargo.lock", "fuzz/Cargo.lock"):
        if locked(file) != version():
            raise Trouble(f"{file} has mcast {locked(file)}, but Cargo.toml has the version {version()}")
    if not section(version())[1].strip():
        raise Trouble(f"the section {version()} of CHANGELOG.md is empty")
    home = os.environ.get("GITHUB_REPOSITORY")
    address = f"{os.environ.get('GITHUB_SERVER_URL')}/{home}"
    if home and package()["repository"] != address:
        raise Trouble(f"the repository is {address}, but Cargo.toml names {package()['repository']}")


def flags(file):
    return (ROOT / "deploy/release" / file).read_text(encoding="utf-8").split()


def rustflags(target):
    """The flags of a released program: small and fast, and static where the system allows it."""
    if "windows-msvc" in target:
        return [*flags("rustflags"), "-C", "target-feature=+crt-static"]
    if "-linux-" in target:
        return [*flags("rustflags"), *flags("rustflags-linux")]
    return flags("rustflags")


def build(target):
    """Compiles the program for a target. Returns its path."""
    environment = dict(os.environ, RUSTFLAGS=" ".join(rustflags(target)))
    subprocess.run(["cargo", "build", "--profile", "dist", "--locked", "--bin", "mcast", "--target", target],
                   cwd=ROOT, env=environment, stdout=sys.stderr, check=True)
    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = folder / target / "dist" / ("mcast.exe" if "windows" in target else "mcast")
    check_size(target, program)
    return program


def check_size(target, program):
    size = program.stat().st_size
    print(f"{program}: {size:,} bytes", file=sys.stderr)
    if "-linux-" in target and size > MOST_BYTES:
        raise Trouble(f"the program has {size:,} bytes; the limit is {MOST_BYTES:,}")


def universal(programs, result):
    """Joins the programs of both architectures of macOS."""
    subprocess.run(["lipo", "-create", "-output", result, *programs], check=True)


def documents(program):
    """The man pages and completions that the program writes, by their path in the archive."""
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "man", folder], check=True, stdout=subprocess.DEVNULL)
        for page in sorted(Path(folder).iterdir()):
            files[f"man/{page.name}"] = page.read_bytes()
    for shell, name in SHELLS.items():
        files[f"completions/{name}"] = subprocess.run([program, "completions", shell], check=True, stdout=subprocess.PIPE).stdout
    return files


def instant():
    """The time of all files, in seconds since 1970: archives of one commit are equal."""
    if value := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(value)
    shown = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%ct"], capture_output=True, text=True)
    return int(shown.stdout.strip() or 0) if shown.returncode == 0 else 0


def archive(target, program, writer):
    """Packs a program with its documents. `writer` is a mcast that runs on this machine."""
    name = f"mcast-{version()}-{target}"
    files = {file: (ROOT / file).read_bytes() for file in DOCUMENTS}
    files |= documents(writer)
    if "-linux-" in target:
        files |= {f"systemd/{file.name}": file.read_bytes() for file in sorted((ROOT / "deploy/systemd").iterdir())}
    suffix = ".exe" if "windows" in target else ""
    files[f"mcast{suffix}"] = Path(program).read_bytes()
    OUT.mkdir(parents=True, exist_ok=True)
    if "windows" in target:
        result = OUT / f"{name}.zip"
        write_zip(result, name, files)
    else:
        result = OUT / f"{name}.tar.gz"
        write_tar(result, name, files)
    return result


def mode(path):
    return 0o755 if path in ("mcast", "mcast.exe") else 0o644


def write_tar(result, folder, files):
    with open(result, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed, tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"{folder}/{path}")
            entry.size, entry.mode, entry.mtime = len(content), mode(path), instant()
            tar.addfile(entry, io.BytesIO(content))


def write_zip(result, folder, files):
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{path}")
            entry.external_attr = mode(path) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)


def sbom():
    """Lists the dependencies of all targets as CycloneDX 1.5."""
    shown = subprocess.run(["cargo", "cyclonedx", "--version"], capture_output=True, text=True)
    if CYCLONEDX not in shown.stdout:
        raise Trouble(f"cargo-cyclonedx {CYCLONEDX} is missing; install it with: cargo install --locked cargo-cyclonedx@{CYCLONEDX}")
    name = f"mcast-{version()}.cdx"
    command = ["cargo", "cyclonedx", "--format", "json", "--spec-version", "1.5", "--target", "all", "--override-filename", name]
    subprocess.run(command, cwd=ROOT, env=dict(os.environ, SOURCE_DATE_EPOCH=str(instant())), check=True)
    OUT.mkdir(parents=True, exist_ok=True)
    result = OUT / f"{name}.json"
    shutil.move(ROOT / f"{name}.json", result)
    listed = json.loads(result.read_text(encoding="utf-8"))
    if listed["bomFormat"] != "CycloneDX" or len(listed["components"]) < 50:
        raise Trouble(f"{result} lists {len(listed['components'])} components")
    return result


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fill(text):
    """Replaces @NAME@ and @SHA256 FILE@ in a template."""
    plain = version()
    number, _, candidate = plain.partition("-")
    about = package()
    date = section(plain)[0]
    values = {
        "VERSION": plain,
        # Versions of Arch Linux have no hyphen.
        "ARCH_VERSION": number + candidate,
        "DATE": date,
        "REPOSITORY": about["repository"],
        "OWNER": about["repository"].rstrip("/").split("/")[-2],
        "DESCRIPTION": about["description"],
        "LICENSE": about["license"],
    }
    text = re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], text)

    def checksum(found):
        file = OUT / found[1]
        if not file.is_file():
            raise Trouble(f"{file} is missing, and a manifest needs its checksum")
        return sha256(file)

    return re.sub(r"@SHA256 ([^@ ]+)@", checksum, text)


def finish():
    """Writes the manifests of package managers, and SHA256SUMS of all files."""
    for folder in TEMPLATES:
        for template in sorted((ROOT / "deploy" / folder).iterdir()):
            owner = package()["repository"].split("/")[-2]
            result = OUT / "manifests" / folder / template.name.replace("OWNER", owner)
            result.parent.mkdir(parents=True, exist_ok=True)
            result.write_text(fill(template.read_text(encoding="utf-8")), encoding="utf-8")
    files = sorted(file for file in OUT.iterdir() if file.is_file() and file.name != "SHA256SUMS")
    sums = "".join(f"{sha256(file)}  {file.name}\n" for file in files)
    (OUT / "SHA256SUMS").write_text(sums, encoding="utf-8")
    return OUT / "SHA256SUMS"


def arguments():
    parser = argparse.ArgumentParser(description="Makes the files of a release in target/release-files.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="compare a tag with Cargo.toml and CHANGELOG.md").add_argument("tag")
    commands.add_parser("notes", help="print the section of CHANGELOG.md")
    commands.add_parser("build", help="compile the program").add_argument("target")
    packing = commands.add_parser("archive", help="pack a program")
    packing.add_argument("target")
    packing.add_argument("program")
    packing.add_argument("--writer", help="a mcast that runs here and writes the man pages (default: PROGRAM)")
    commands.add_parser("universal", help="build and join both architectures of macOS")
    commands.add_parser("sbom", help="list the dependencies")
    commands.add_parser("finish", help="write manifests of package managers and SHA256SUMS")
    return parser.parse_args()


def main():
    chosen = arguments()
    if chosen.command == "check":
        check(chosen.tag)
    elif chosen.command == "notes":
        print(section(version())[1], end="")
    elif chosen.command == "build":
        print(build(chosen.target))
    elif chosen.command == "universal":
        result = ROOT / "target" / "mcast-universal"
        universal([build(part) for part in PARTS], result)
        print(result)
    elif chosen.command == "archive":
        program = str(Path(chosen.program).resolve())
        writer = str(Path(chosen.writer).resolve()) if chosen.writer else program
        print(archive(chosen.target, program, writer))
    elif chosen.command == "sbom":
        print(sbom())
    else:
        print(finish())


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        sys.exit(f"no release: {trouble}")
    except subprocess.CalledProcessError as failed:
        sys.exit(f"no release: {failed}")
