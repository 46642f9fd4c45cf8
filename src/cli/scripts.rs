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
    clap_mangen::Man::new(command.clone()).generate_to(dir)?;
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
    {
        count += write_page(dir, inner)?;
    }
    Ok(count)
}
