//! What is wrong with the settings, and where: every complaint names its place and its key.

use std::fmt;
use std::path::PathBuf;

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// Built in.
    Default,
    /// A line of a configuration file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A variable of the environment.
    Variable {
        /// Its name.
        name: String,
        /// The file and line that set it, when it was `.env`.
        line: Option<(PathBuf, usize)>,
    },
    /// An option of the command line.
    Flag(&'static str),
    /// A row of the database.
    Database,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable { name, line: None } => f.write_str(name),
            Self::Variable {
                name,
                line: Some((path, line)),
            } => write!(f, "{}:{line} {name}", path.display()),
            Self::Flag(name) => f.write_str(name),
            Self::Database => f.write_str("database"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where it stands.
    pub place: Place,
    /// The setting, such as `server.listen`; empty for a file as a whole.
    pub key: String,
    /// What is wrong and what would be right. Never holds the value: it may be a secret.
    pub message: String,
}

impl Complaint {
    /// The file, when the place is one.
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::File { path, .. } => Some(path),
            Place::Variable { line, .. } => line.as_ref().map(|(path, _)| path.as_path()),
            _ => None,
        }
    }

    /// The line, when the place has one.
    pub fn line(&self) -> Option<usize> {
        match &self.place {
            Place::File { line, .. } => Some(*line),
            Place::Variable { line, .. } => line.as_ref().map(|(_, line)| *line),
            _ => None,
        }
    }

    /// The name by which the place knows the setting: a variable's or an option's own name,
    /// else the key.
    pub fn name(&self) -> &str {
        match &self.place {
            Place::Variable { name, .. } => name,
            Place::Flag(name) => name,
            _ => &self.key,
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(file), Some(line)) = (self.file(), self.line()) {
            write!(f, "{}:{line}: ", file.display())?;
        }
        if !self.name().is_empty() {
            write!(f, "{}: ", self.name())?;
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong: errors stop the program, warnings only `config check`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaints {
    /// What must be mended before anything starts.
    pub errors: Vec<Complaint>,
    /// What is probably a mistake, such as a variable nobody reads.
    pub warnings: Vec<Complaint>,
}

impl Complaints {
    /// Notes an error, once.
    pub(super) fn error(&mut self, place: Place, key: &str, message: impl Into<String>) {
        let complaint = Complaint {
            place,
            key: key.to_owned(),
            message: message.into(),
        };
        if !self.errors.contains(&complaint) {
            self.errors.push(complaint);
        }
    }

    /// Notes a warning.
    pub(super) fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.warnings.push(Complaint {
            place,
            key: String::new(),
            message: message.into(),
        });
    }

    /// Puts the complaints in the order of their places: file by file, line by line.
    pub(super) fn sort(&mut self) {
        let order = |c: &Complaint| {
            (
                c.file().map(std::path::Path::to_owned),
                c.line(),
                c.name().to_owned(),
            )
        };
        self.errors.sort_by_key(order);
        self.warnings.sort_by_key(order);
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{complaint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Complaints {}
