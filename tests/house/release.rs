//! What a release rests on: the revision that the program names, the archive for crates.io, the
//! oldest toolchain, the changelog.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::run;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The build script, compiled by itself, as cargo would run it in a folder.
struct BuildScript {
    dir: tempfile::TempDir,
}

impl BuildScript {
    fn compile() -> BuildScript {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("script");
        let mut rustc = Command::new("rustc");
        run(rustc.args(["--edition=2024", "-o"]).arg(&script).arg(root().join("build.rs")));
        std::fs::create_dir(dir.path().join("crate")).unwrap();
        BuildScript { dir }
    }

    fn folder(&self) -> std::path::PathBuf {
        // Git names folders as they are, without links on the way.
        self.dir.path().join("crate").canonicalize().unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(arguments);
        let output = git.current_dir(self.folder()).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn told(&self, profile: &str, named: &str) -> Vec<String> {
        let output = Command::new(self.dir.path().join("script"))
            .current_dir(self.folder())
            .env("PROFILE", profile)
            .env("CARGO_PKG_VERSION", "1.2.3")
            .env("LOGIN_EXPORTER_REVISION", named)
            .output()
            .unwrap();
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines()
            .filter_map(|line| line.strip_prefix("cargo::rustc-env=LOGIN_EXPORTER_"))
            .map(str::to_owned)
            .collect()
    }

    fn assert_told(&self, profile: &str, named: &str, revision: &str) {
        let version = match revision {
            "" => "TOLD=1.2.3".to_owned(),
            revision => format!("TOLD=1.2.3 (revision {revision})"),
        };
        assert_eq!(self.told(profile, named), [format!("REVISION={revision}"), version]);
    }
}

#[test]
fn a_release_names_the_commit_that_it_was_built_from() {
    let script = BuildScript::compile();
    script.assert_told("release", "", "");
    std::fs::write(script.folder().join("file"), "1").unwrap();
    script.git(&["init", "--quiet"]);
    script.git(&["add", "file"]);
    script.git(&["commit", "--quiet", "--message=one"]);
    let commit = script.git(&["rev-parse", "HEAD"]);
    script.assert_told("release", "", &commit);
    script.assert_told("debug", "", "");

    std::fs::write(script.folder().join("file"), "2").unwrap();
    script.assert_told("release", "", &format!("{commit}-dirty"));
    script.assert_told("release", "as-the-builder-says", "as-the-builder-says");
}

#[test]
fn a_build_from_the_published_archive_names_the_commit_that_cargo_wrote_into_it() {
    let script = BuildScript::compile();
    let told = "{\n  \"git\": {\n    \"sha1\": \"5f6d1c\"\n  },\n  \"path_in_vcs\": \"\"\n}";
    std::fs::write(script.folder().join(".cargo_vcs_info.json"), told).unwrap();
    script.assert_told("release", "", "5f6d1c");
    script.assert_told("debug", "", "5f6d1c");
}

#[test]
fn the_commit_of_a_git_folder_around_the_crate_is_not_taken_for_its_own() {
    let script = BuildScript::compile();
    std::fs::write(script.folder().join("file"), "1").unwrap();
    script.git(&["-C", "..", "init", "--quiet"]);
    script.git(&["add", "file"]);
    script.git(&["commit", "--quiet", "--message=one"]);
    script.assert_told("release", "", "");
}

/// The paths of the archive, as `cargo package` would pack them.
fn packaged() -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["package", "--list", "--allow-dirty", "--offline", "--quiet"]);
    let output = cargo.current_dir(root()).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_archive_for_crates_io_holds_the_program_and_little_else() {
    let paths = packaged();
    for needed in ["build.rs", "src/main.rs", "README.md", "LICENSE", "deploy/login_exporter.yml"] {
        assert!(paths.iter().any(|path| path == needed), "{needed} is missing");
    }
    let beside: Vec<&String> = paths.iter().filter(|path| !path.starts_with("src/")).collect();
    assert!(beside.len() < 20, "{beside:?}");
    // `cargo package` writes some of them itself.
    let size = |path: &String| root().join(path).metadata().map_or(0, |file| file.len());
    let bytes: u64 = paths.iter().map(size).sum();
    assert!(bytes < 3_000_000, "{bytes} bytes");
}

/// `1.95` of Cargo.toml.
fn oldest_toolchain() -> String {
    let toml = read("Cargo.toml");
    let line = toml.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    line.trim_matches('"').to_owned()
}

/// `make test` compiles all of it with that toolchain, which is its own or an older one.
#[test]
fn what_is_said_of_the_oldest_toolchain_is_what_cargo_holds() {
    let oldest = oldest_toolchain();
    for path in ["tests/install", "README.md"] {
        assert!(
            read(path).contains(&format!("{oldest} or newer")),
            "{path} names another than {oldest}"
        );
    }
}

#[test]
fn the_changelog_tells_of_this_version_or_of_one_to_come() {
    let changelog = read("CHANGELOG.md");
    let first = changelog.lines().find_map(|line| line.strip_prefix("## ")).unwrap();
    let version = format!("[{}] - ", login_exporter::version::VERSION);
    assert!(first == "[Unreleased]" || first.starts_with(&version), "{first}");
}
