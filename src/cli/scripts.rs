//! `manti completions` and `manti man`: written from the commands themselves.

use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::Shell;

use super::context::Context;
use super::failure::Failure;
use super::output::note;

/// For which shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder; it is made when it is missing
    dir: PathBuf,
}

pub(super) fn completions(context: &Context, options: &Completions) -> Result<(), Failure> {
    Ok(context.output.text(&script(options.shell))?)
}

pub(super) fn man(options: &Man) -> Result<(), Failure> {
    let count = write_pages(&options.dir)
        .map_err(|error| Failure::failed(format!("{}: {error}", options.dir.display())))?;
    note(&format!(
        "{count} pages written to {}",
        options.dir.display()
    ));
    Ok(())
}

/// The completion script of a shell.
pub(super) fn script(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "manti", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Writes a manual page for each command; gives how many.
pub(super) fn write_pages(dir: &Path) -> std::io::Result<usize> {
    std::fs::create_dir_all(dir)?;
    write_page(dir, &super::command())
}

fn write_page(dir: &Path, command: &clap::Command) -> std::io::Result<usize> {
    let mut count = 1;
    clap_mangen::Man::new(command.clone())
        .source("Manti")
        .manual("Manti's manual")
        .generate_to(dir)?;
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
    {
        count += write_page(dir, inner)?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::ValueEnum;
    use clap_complete::Generator;

    use super::*;

    /// Compares a folder of the repository with what it should hold; rewrites it when
    /// `UPDATE_GENERATED` is set.
    fn hold(folder: &str, wanted: &BTreeMap<String, String>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).unwrap();
            for (name, text) in wanted {
                std::fs::write(folder.join(name), text).unwrap();
            }
        }
        let found = read(&folder);
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        let again = "run: UPDATE_GENERATED=1 cargo test --lib scripts";
        assert_eq!(names(&found), names(wanted), "{again}");
        for (name, text) in wanted {
            assert!(found[name] == *text, "{name} is not up to date; {again}");
        }
    }

    fn read(folder: &Path) -> BTreeMap<String, String> {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return BTreeMap::new();
        };
        let file = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        };
        entries.map(file).collect()
    }

    #[test]
    fn the_completions_in_the_repository_are_those_of_the_commands() {
        let wanted = Shell::value_variants()
            .iter()
            .map(|shell| (shell.file_name("manti"), super::script(*shell)))
            .collect();
        hold("completions", &wanted);
    }

    #[test]
    fn the_manual_in_the_repository_is_that_of_the_commands() {
        let folder = tempfile::tempdir().unwrap();
        let count = write_pages(folder.path()).unwrap();
        let wanted = read(folder.path());
        assert_eq!(wanted.len(), count, "each command has a page of its own");
        hold("man", &wanted);
    }

    #[test]
    fn clap_finds_no_fault_with_the_commands() {
        super::super::command().debug_assert();
    }
}
