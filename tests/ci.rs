//! mcast in GitHub Actions and GitLab CI: annotations, the action and the template.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Finished, Host, Lab, Running};
use yaml_rust2::{Yaml, YamlLoader};

const MCAST: &str = env!("CARGO_BIN_EXE_mcast");

/// Runs mcast like a step of GitHub Actions.
fn in_github(host: &Host, words: &[&str], status: i32) -> Finished {
    let mut command = host.command(MCAST);
    command.args(words).env("GITHUB_ACTIONS", "true");
    Running::start(command).ends(status)
}

/// The lines that the runner of GitHub obeys. It looks for `::` at the start of a line, and for
/// `##[` anywhere.
fn obeyed(finished: &Finished) -> Vec<String> {
    let lines = finished.out.lines().chain(finished.err.lines());
    let is_command = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[");
    lines.filter(is_command).map(str::to_owned).collect()
}

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ci-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn yaml(name: &str) -> Yaml {
    let text = fs::read_to_string(path(name)).expect(name);
    YamlLoader::load_from_str(&text).expect(name).remove(0)
}

/// A command in a folder, which finds mcast on its PATH.
fn step(host: &Host, folder: &Path, program: &str) -> Command {
    let bin = folder.join("bin");
    if !bin.exists() {
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(MCAST, bin.join("mcast")).unwrap();
    }
    let mut command = host.command(program);
    let rest = std::env::var("PATH").unwrap_or_default();
    command.current_dir(folder).env("PATH", format!("{}:{rest}", bin.display()));
    command
}

#[test]
fn each_reason_and_warning_is_an_annotation() {
    let Some(host) = Lab::open().map(|lab| lab.host()) else { return };
    let line = "recv 239.1.1.1:5000 --iface lo --timeout 1s -o json --assert";
    let words: Vec<&str> = line.split(' ').chain(["loss == 0%"]).collect();
    let run = in_github(&host, &words, 1);
    run.summary();
    assert_eq!(obeyed(&run).len(), 3, "{run}");
    run.prints("::error title=mcast recv::no datagrams arrived within --timeout 1s\n");
    run.prints("::error title=mcast recv::loss == 0%25 (value unknown)\n");
    run.prints("::warning title=mcast recv::no datagrams for 239.1.1.1:5000 in 1 s%0A  tip: ");
    assert!(!run.out.contains("::error"), "JSON has lines of its own: {run}");
}

#[test]
fn an_error_is_an_annotation_unless_all_is_quiet() {
    let Some(host) = Lab::open().map(|lab| lab.host()) else { return };
    let run = in_github(&host, &["check", "--iface", "no%pe,:"], 2);
    run.prints("::error title=mcast check::cannot find interface 'no%25pe,:'");
    for words in [&["recv", "--iface", "nope", "-qq"][..], &["recv", "--iface", "nope", "-q", "-q"]]
    {
        assert!(obeyed(&in_github(&host, words, 2)).is_empty());
    }
    let run = host.mcast("recv --iface nope").ends(2);
    assert!(obeyed(&run).is_empty(), "only in GitHub Actions: {run}");
}

#[test]
fn a_payload_cannot_forge_a_command() {
    let Some(host) = Lab::open().map(|lab| lab.host()) else { return };
    let forged = "\n::error::x\r::add-mask::y ##[stop-commands]z";
    for output in ["text", "json", "hex"] {
        let words = ["recv", "--iface", "lo", "--count", "2", "--timeout", "60s", "-v", "-o"];
        let send = ["--", MCAST, "send", "--iface", "lo", "-c", "2", "-i", "10ms", "-qq"];
        let words = [&words[..], &[output], &send[..], &["--message", forged]].concat();
        let run = in_github(&host, &words, 0);
        assert!(obeyed(&run).is_empty(), "{run}");
        if output == "json" {
            let text = run.events_of("datagram")[0]["text"].clone();
            assert_eq!(text, forged, "JSON has the same text");
        }
    }
    let run = in_github(&host, &["recv", "--iface", "##[error]a"], 2);
    let forged = obeyed(&run).into_iter().filter(|line| !line.starts_with("::error title="));
    assert_eq!(forged.count(), 0, "{run}");
}

#[test]
fn the_action_has_its_shape() {
    let action = yaml("deploy/github/action.yml");
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    for key in ["name", "description"] {
        assert!(action[key].as_str().is_some(), "{key}");
    }
    for (name, input) in action["inputs"].as_hash().unwrap() {
        let of = |key: &str| input[key].as_str().map(str::to_owned);
        assert!(of("description").is_some() && of("default").is_some(), "{name:?}");
    }
    for step in action["runs"]["steps"].as_vec().unwrap() {
        assert_eq!(step["shell"].as_str(), Some("bash"));
        let run = step["run"].as_str().unwrap();
        assert!(!run.contains("${{"), "a value becomes a part of a script: {run}");
        let script = run.trim_matches('"').replace("$GITHUB_ACTION_PATH", "deploy/github");
        let mode = path(&script).metadata().expect("a script").permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script} is executable");
    }
    for (name, output) in action["outputs"].as_hash().unwrap() {
        let value = format!("${{{{ steps.test.outputs.{} }}}}", name.as_str().unwrap());
        assert_eq!(output["value"].as_str(), Some(value.as_str()));
    }
}

/// Runs the step `test` of the action with its default inputs, and some of its own.
fn action(host: &Host, folder: &Path, own: &[(&str, &str)], status: i32) -> Finished {
    let mut command = step(host, folder, "bash");
    command.arg(path("deploy/github/test.sh")).env("GITHUB_ACTIONS", "true");
    command.env("GITHUB_OUTPUT", folder.join("output"));
    for (name, input) in yaml("deploy/github/action.yml")["inputs"].as_hash().unwrap() {
        let variable = format!("MCAST_{}", name.as_str().unwrap().to_uppercase());
        command.env(variable, input["default"].as_str().unwrap());
    }
    command.envs(own.iter().copied());
    Running::start(command).ends(status)
}

#[test]
fn the_action_tests_a_runner() {
    let Some(host) = Lab::open().map(|lab| lab.host()) else { return };
    let folder = folder("action");
    action(&host, &folder, &[("MCAST_FOLDER", "some results")], 0);
    let output = fs::read_to_string(folder.join("output")).unwrap();
    for line in ["junit", "report", "csv"] {
        let prefix = format!("{line}=");
        let file = output.lines().find_map(|output| output.strip_prefix(&prefix)).unwrap();
        assert!(Path::new(file).is_absolute() && Path::new(file).is_file(), "{output}");
    }
    // Quotes group words, and the shell runs none of them.
    let recv = "--iface lo --once --timeout 60s --assert 'delay.max < 1ns' $(touch a) `touch b`";
    let run = action(&host, &folder, &[("MCAST_RECV", recv)], 2);
    run.prints("$(touch");
    assert!(!folder.join("a").exists() && !folder.join("b").exists());
    let recv = "--iface lo --once --timeout 60s --assert 'delay.max < 1ns'";
    let run = action(&host, &folder, &[("MCAST_RECV", recv)], 1);
    run.prints("::error title=mcast recv::delay.max < 1ns (");
    let junit = fs::read_to_string(folder.join("mcast-results/junit.xml")).unwrap();
    assert!(junit.contains("<failure message=\"expected delay.max &lt; 1ns, "), "{junit}");
}

#[test]
fn the_action_builds_its_own_version() {
    let Some(host) = Lab::open().map(|lab| lab.host()) else { return };
    let folder = folder("install");
    let stub = "#!/bin/sh\npwd >\"$CALLS\"; echo \"$@\" >>\"$CALLS\"\n\
                mkdir -p \"$RUNNER_TEMP/mcast/bin\"; ln -sf \"$MCAST\" \"$RUNNER_TEMP/mcast/bin/mcast\"\n";
    let install = |program: &str| {
        let mut command = step(&host, &folder, "bash");
        let cargo = folder.join("bin/cargo");
        fs::write(&cargo, stub).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        command.arg(path("deploy/github/install.sh")).env("MCAST_PROGRAM", program);
        command.env("CALLS", folder.join("calls")).env("RUNNER_TEMP", folder.join("temp"));
        command.env("MCAST", MCAST).env("GITHUB_PATH", folder.join("path"));
        Running::start(command).ends(0).prints(env!("CARGO_PKG_VERSION"));
    };
    install("");
    let temp = folder.join("temp/mcast");
    let root = env!("CARGO_MANIFEST_DIR");
    let calls = format!("{root}\ninstall --locked --path . --root {}\n", temp.display());
    assert_eq!(fs::read_to_string(folder.join("calls")).unwrap(), calls);
    install(MCAST);
    let path =
        format!("{}/bin\n{}\n", temp.display(), Path::new(MCAST).parent().unwrap().display());
    assert_eq!(fs::read_to_string(folder.join("path")).unwrap(), path);
}

/// The release of the action's input `version`, with this build of mcast. Its `curl` copies files.
fn release(folder: &Path, version: &str) -> PathBuf {
    let name = format!("mcast-{version}-x86_64-unknown-linux-gnu");
    let served = folder.join(format!("served/OWNER/mcast/releases/download/v{version}"));
    fs::create_dir_all(served.join(&name)).unwrap();
    fs::copy(MCAST, served.join(&name).join("mcast")).unwrap();
    let script = format!("tar -czf {name}.tar.gz {name} && sha256sum {name}.tar.gz >SHA256SUMS");
    let packed = Command::new("sh").args(["-ec", &script]).current_dir(&served).status();
    assert!(packed.unwrap().success());
    let curl = folder.join("bin/curl");
    fs::write(&curl, "#!/bin/sh\nfor address; do :; done\nexec cp \"$address\" .\n").unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    served.join("SHA256SUMS")
}

#[test]
fn the_action_verifies_a_release() {
    let Some(host) = Lab::open().map(|lab| lab.host()) else { return };
    let folder = folder("release");
    let install = |version: &str, os: &str, status: i32| {
        let mut command = step(&host, &folder, "bash");
        command.arg(path("deploy/github/install.sh")).env("MCAST_VERSION", version);
        command.env("GITHUB_SERVER_URL", folder.join("served"));
        command.env("MCAST_REPOSITORY", "OWNER/mcast");
        command.env("RUNNER_OS", os).env("RUNNER_ARCH", "X64");
        command.env("RUNNER_TEMP", folder.join("temp")).env("GITHUB_PATH", folder.join("path"));
        Running::start(command).ends(status)
    };
    // The first step makes the folder of the programs.
    step(&host, &folder, "true");
    let sums = release(&folder, "1.0.0");
    install("v1.0.0", "Linux", 0).prints(env!("CARGO_PKG_VERSION"));
    let bin = folder.join("temp/mcast/mcast-1.0.0-x86_64-unknown-linux-gnu");
    let path = fs::read_to_string(folder.join("path")).unwrap();
    assert_eq!(path, format!("{}\n", bin.display()));
    install("1.0.0", "Plan9", 1).prints("no release for Plan9-X64");
    fs::write(&sums, "").unwrap();
    install("1.0.0", "Linux", 1).prints("SHA256SUMS has no checksum of mcast-1.0.0-");
    let wrong = format!("{}  mcast-1.0.0-x86_64-unknown-linux-gnu.tar.gz\n", "0".repeat(64));
    fs::write(&sums, wrong).unwrap();
    install("1.0.0", "Linux", 1).prints("FAILED");
    let lines = fs::read_to_string(folder.join("path")).unwrap();
    assert_eq!(lines.lines().count(), 1, "a failed download changes no PATH");
}

#[test]
fn the_template_tests_a_runner_of_gitlab() {
    let Some(host) = Lab::open().map(|lab| lab.host()) else { return };
    let folder = folder("gitlab");
    let template = yaml("deploy/gitlab/mcast.gitlab-ci.yml");
    let job = &template[".mcast"];
    let lines = ["before_script", "script"].map(|key| job[key].as_vec().unwrap().clone()).concat();
    let script: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    let mut command = step(&host, &folder, "bash");
    command.args(["-ec", &script.join("\n")]);
    for (name, value) in job["variables"].as_hash().unwrap() {
        command.env(name.as_str().unwrap(), value.as_str().unwrap());
    }
    Running::start(command).ends(0);
    let junit = job["artifacts"]["reports"]["junit"].as_str().unwrap();
    let cases = fs::read_to_string(folder.join(junit)).unwrap();
    assert!(cases.contains("<testcase name=\"loss==0%\" classname=\"mcast.recv\""), "{cases}");
    assert_eq!(job["artifacts"]["when"].as_str(), Some("always"));
    assert!(junit.starts_with(job["artifacts"]["paths"][0].as_str().unwrap()));
}
