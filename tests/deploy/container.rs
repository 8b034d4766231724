//! The image of the container.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::files::{output, path, read};
use super::lab::Lab;

/// Builds the last stage of the image. A folder takes the place of the first stage, which compiles
/// mcast for minutes; a job of CI builds that, too.
#[test]
fn the_image_is_mcast_alone() {
    if Command::new("buildah").arg("--version").output().is_err() {
        Lab::unsupported("needs buildah");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image");
    let stage = folder.join("build");
    fs::create_dir_all(stage.join("image")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_mcast"), stage.join("image/mcast")).unwrap();
    let buildah = || {
        let mut buildah = Command::new("buildah");
        buildah.args(["--storage-driver", "vfs", "--root"]).arg(folder.join("storage"));
        buildah.arg("--runroot").arg(folder.join("run"));
        buildah
    };
    let file = path("deploy/container/Containerfile");
    let context = format!("build={}", stage.display());
    let mut build = buildah();
    build.args(["bud", "--isolation", "chroot", "--build-context", &context, "--tag", "mcast"]);
    let built = build.arg("--file").arg(file).arg(&stage).output().unwrap();
    if !built.status.success() {
        // It has to mount file systems.
        let why = String::from_utf8_lossy(&built.stderr);
        assert!(why.contains("not permitted") || why.contains("subuid"), "{why}");
        Lab::unsupported("needs the rights of buildah");
        return;
    }
    let image = output(buildah().args(["inspect", "--type", "image", "mcast"]));
    let image: Value = serde_json::from_str(&image).expect("JSON");
    let config = &image["OCIv1"]["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"], json!(["/mcast"]));
    assert_eq!(image["OCIv1"]["rootfs"]["diff_ids"].as_array().map(Vec::len), Some(1));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_image_compiles_with_the_toolchain_of_the_project() {
    let channel = read("rust-toolchain.toml");
    let channel = channel.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    let channel = channel.trim_matches('"');
    let file = read("deploy/container/Containerfile");
    assert!(file.contains(&format!("/rust:{channel}-bookworm AS build")));
    assert!(file.contains(&format!("RUSTUP_TOOLCHAIN={channel}\n")));
}
