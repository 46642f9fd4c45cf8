//! Loading as a whole: what wins, what is complained of, and where.

mod faults;
mod samples;
mod sources;

use std::ffi::OsString;
use std::path::Path;

use super::*;

/// A folder with a `manti.toml`, and an environment.
struct Case {
    folder: tempfile::TempDir,
    sources: Sources,
}

fn case(toml: &str, variables: &[(&str, &str)]) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manti.toml");
    std::fs::write(&file, toml).unwrap();
    let environment = environment(variables, Path::new("/nonexistent/.env"));
    let sources = Sources {
        files: vec![file],
        environment,
        ..Sources::default()
    };
    Case { folder, sources }
}

fn environment(variables: &[(&str, &str)], file: &Path) -> Environment {
    let pairs = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Environment::of(pairs, file)
}

fn load_ok(toml: &str, variables: &[(&str, &str)]) -> Config {
    load(&case(toml, variables).sources)
        .unwrap_or_else(|complaints| panic!("{complaints}"))
        .config
}

/// The complaints with the folder's name taken off.
fn complaints(toml: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let case = case(toml, variables);
    let folder = format!("{}/", case.folder.path().display());
    match load(&case.sources) {
        Ok(loaded) => panic!("nothing was wrong: {:?}", loaded.config),
        Err(found) => found
            .errors
            .iter()
            .map(|complaint| complaint.to_string().replace(&folder, ""))
            .collect(),
    }
}
