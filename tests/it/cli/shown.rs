//! What the README and `examples/quickstart` show, run as they show it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::command::Place;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A folder with the binary where a build would put it, and a `cargo` that builds nothing.
fn built(place: &Place) -> PathBuf {
    let programs = place.path().join("target/quick");
    std::fs::create_dir_all(&programs).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_manti"), programs.join("manti")).unwrap();
    let cargo = programs.join("cargo");
    std::fs::write(&cargo, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    programs
}

/// The search path with a folder before everything else.
fn path_with(programs: &Path) -> String {
    let usual = std::env::var("PATH").unwrap();
    format!("{}:{usual}", programs.display())
}

fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

#[test]
fn the_quickstart_writes_into_no_database_but_its_own() {
    let place = Place::new();
    let programs = built(&place);
    let precious = place.path().join("precious.db");
    let url = format!("sqlite://{}", precious.display());
    std::fs::create_dir(place.path().join("settings")).unwrap();
    place.write(
        "settings/.env",
        &format!("DATABASE_URL={url}\nMANTI_DATABASE_URL={url}\n"),
    );
    for environment in [&[][..], &[("MANTI_DATABASE_URL", url.as_str())]] {
        let ran = Command::new(format!("{ROOT}/examples/quickstart"))
            .env_clear()
            .env("PATH", path_with(&programs))
            .env("CARGO_TARGET_DIR", place.path().join("target"))
            .env("QUICKSTART_SETTINGS", place.path().join("settings"))
            .env("QUICKSTART_PORT", free_port().to_string())
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{said}");
        let shown = String::from_utf8_lossy(&ran.stdout);
        assert!(shown.contains("demo"), "{shown}");
        assert!(!precious.exists(), "it wrote into another database");
    }
}

/// A gateway that runs until it is dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The blocks of a kind in the README's first section that shows any.
fn blocks(kind: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let section = text.split("\n## The first request\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let fence = format!("```{kind}\n");
    let parts = section.split(&fence).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_readmes_first_request_is_answered_as_it_is_written() {
    let mut place = Place::new();
    let programs = built(&place);
    let port = free_port();
    place.set("PATH", &path_with(&programs));
    place.set("MANTI_SERVER_LISTEN", &format!("127.0.0.1:{port}"));
    let console = blocks("console");
    let [build, user, key, report, ..] = console.as_slice() else {
        panic!("{console:?}");
    };
    assert!(build.contains("$ manti serve\n"), "{build}");
    let serving = place
        .command(&["serve"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _serving = Serving(serving.unwrap());
    let waited = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        place.run(&["health"]).code == 0
    });
    assert!(waited, "it does not answer");

    // Everything but the request itself is tried where there is no curl.
    let curl = Command::new("curl").arg("--version").output().is_ok();
    let asked = if curl {
        let asked = blocks("sh").remove(0);
        asked.replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"))
    } else {
        String::new()
    };
    let lines = |block: &str| {
        let typed = block.lines().filter_map(|line| line.strip_prefix("$ "));
        typed.fold(String::new(), |all, line| all + line + "\n")
    };
    let script = format!(
        "set -eu\n{}{}{asked}\nsleep 1\n{}",
        lines(user),
        lines(key),
        lines(report)
    );
    let ran = place
        .command(&[])
        .get_envs()
        .fold(&mut Command::new("bash"), |command, (name, value)| {
            command.env(name, value.unwrap_or_default())
        })
        .args(["-c", &script])
        .current_dir(place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (shown, said) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{script}\n{shown}\n{said}");
    assert!(!said.contains("warning"), "{said}");
    if curl {
        assert!(shown.contains("data: [DONE]"), "{shown}");
        assert!(shown.contains("\"demo\""), "{shown}");
    }
}
