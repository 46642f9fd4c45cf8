//! Settings, checked as a whole whenever they are read: at the start, and when their files change.
//!
//! Answers for where settings come from and whether they make sense: built-in defaults, files,
//! the environment, options of the command line, later ones over earlier ones. Opens neither
//! database nor network, and watches nothing: [`Seen`] is what the files said, for whoever does.
//! Start reading at [`load`]; [`settings`] is what the rest of the program sees, `schema` is the
//! list of all keys.

mod address;
mod complaint;
mod environment;
mod file;
mod indirect;
mod kind;
mod layer;
mod models;
mod names;
mod network;
mod people;
mod providers;
mod read;
mod resolve;
mod schema;
pub mod secret;
mod sections;
mod seen;
pub mod settings;
mod show;
mod stored;
#[cfg(test)]
mod tests;
pub mod units;
mod values;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use layer::{Layer, Places};
use read::Merged;
use resolve::Resolver;

pub use address::{callable, is_link_local, is_region, token_giver};
pub use complaint::{Complaint, Complaints, Place};
pub use environment::Environment;
pub use kind::Kind;
pub use network::{network, plain_network};
pub use secret::Secret;
pub use seen::{Seen, is_pipe};
pub use settings::*;
pub use show::{Setting, Shown};
pub use stored::{Beside, Declared, Fields, Offer, Row};

/// Where settings come from, besides the built-in defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Files that are read when they exist, in their order.
    pub files: Vec<PathBuf>,
    /// A file that was asked for by name and must exist; read after the others.
    pub asked: Option<PathBuf>,
    /// The environment.
    pub environment: Environment,
    /// Options of the command line.
    pub flags: Flags,
}

/// Settings given as options of the command line.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--log-level`
    pub log_level: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
}

/// What was loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Probable mistakes that stop nobody: variables that begin with `MANTI_` and are not known.
    pub warnings: Vec<Complaint>,
    /// Every setting in force with its origin, for showing.
    pub settings: Vec<Setting>,
    /// Where each `providers.NAME` and `models."NAME"` begins.
    pub tables: BTreeMap<String, Place>,
}

impl Loaded {
    /// A complaint about `[models."NAME"]`, or a setting in it, that only those find who know the
    /// models.
    pub fn about_model(&self, name: &str, field: Option<&str>, message: String) -> Complaint {
        let table = format!("models.{}", names::quoted(name));
        let place = self.tables.get(&table).cloned().unwrap_or(Place::Default);
        let key = match field {
            Some(field) => format!("{table}.{field}"),
            None => table,
        };
        Complaint {
            place,
            key,
            message,
        }
    }
}

impl Sources {
    /// The files, whether they exist or not.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().chain(&self.asked).map(PathBuf::as_path)
    }

    /// `/etc/manti/manti.toml`, then `./manti.toml` or the file asked for.
    pub fn standard(asked: Option<PathBuf>, environment: Environment, flags: Flags) -> Self {
        let mut files = vec![PathBuf::from("/etc/manti/manti.toml")];
        if asked.is_none() {
            files.push(PathBuf::from("manti.toml"));
        }
        Self {
            files,
            asked,
            environment,
            flags,
        }
    }
}

impl Config {
    /// How a provider is asked: as it says itself, else as all are.
    pub fn upstream_of(&self, provider: &str) -> Upstream {
        match self.providers.get(provider) {
            Some(own) => self.upstream.with(&own.upstream),
            None => self.upstream.clone(),
        }
    }

    #[expect(
        clippy::missing_panics_doc,
        reason = "a test loads the defaults, so they are valid"
    )]
    /// The built-in defaults over a data directory: what `serve` runs with when nothing is set.
    pub fn defaults(data_dir: impl Into<PathBuf>) -> Self {
        let flags = Flags {
            data_dir: Some(data_dir.into()),
            ..Flags::default()
        };
        let sources = Sources {
            flags,
            ..Sources::default()
        };
        load(&sources)
            .expect("the built-in defaults are valid")
            .config
    }
}

/// Reads all sources and checks what they say together. Either everything is valid, or all
/// that is wrong is told.
pub fn load(sources: &Sources) -> Result<Loaded, Complaints> {
    load_noting(sources, &mut Seen::default())
}

/// The same, and notes which files were looked for and what they said, those of `"file:PATH"` among
/// them.
pub fn load_noting(sources: &Sources, seen: &mut Seen) -> Result<Loaded, Complaints> {
    let mut places = Places::default();
    let mut complaints = Complaints::default();
    let layers = layers(sources, seen, &mut places, &mut complaints);
    let mut tree = match layer::merge(layers) {
        Ok(tree) => tree,
        Err(error) => {
            complaints.error(Place::Default, "", error.to_string());
            config::Map::new()
        }
    };
    let environment = &sources.environment;
    let mut resolver = Resolver {
        environment,
        places: &places,
        seen,
        complaints: &mut complaints,
    };
    resolver.tree(&mut tree);
    let (data_dir, data_dir_place) = data_dir(sources);
    let mut merged = Merged {
        tree: &tree,
        places: &places,
        complaints: &mut complaints,
    };
    let server = merged.section("server").server();
    let database = merged.section("database").database();
    let journal = merged.section("journal").journal();
    let upstream = merged.section("upstream").upstream();
    let stream = merged.section("stream").stream();
    let redis = merged.section("redis").redis();
    let limits = merged.section("limits").limits();
    let billing = merged.section("billing").billing();
    let log = merged.section("log").log();
    let providers = providers::providers(&mut merged);
    let models = models::models(&mut merged, &providers);
    let jwt_secret = people::jwt_secret(environment, &mut complaints);
    let master_key = people::master_key(environment, &mut complaints);
    let first_admin = people::first_admin(environment, &mut complaints);
    complaints.sort();
    if !complaints.errors.is_empty() {
        return Err(complaints);
    }
    let config = Config {
        data_dir,
        server,
        database,
        redis,
        journal,
        upstream,
        stream,
        limits,
        billing,
        log,
        providers,
        models,
        jwt_secret,
        master_key,
        first_admin,
        declared: Declared::new(&tree, &places),
    };
    let mut settings = vec![Setting {
        path: vec!["data_dir".to_owned()],
        value: Shown::Text(config.data_dir.display().to_string()),
        origin: data_dir_place,
    }];
    settings.extend(show::settings(&tree, &places, &config));
    settings.extend(show::unwritten(&config, environment));
    Ok(Loaded {
        config,
        warnings: complaints.warnings,
        settings,
        tables: places.into_heads(),
    })
}

fn layers(
    sources: &Sources,
    seen: &mut Seen,
    places: &mut Places,
    complaints: &mut Complaints,
) -> Vec<Layer> {
    let mut layers = vec![Layer::defaults(places)];
    let files = sources.files.iter().map(|path| (path, false));
    for (path, asked) in files.chain(sources.asked.iter().map(|path| (path, true))) {
        if let Some(text) = file::text(path, asked, seen, complaints) {
            layers.push(file::parse(path, &text, places, complaints));
        }
    }
    layers.push(variables::read(&sources.environment, places, complaints));
    layers.push(flags(&sources.flags, places));
    layers
}

fn flags(flags: &Flags, places: &mut Places) -> Layer {
    let mut layer = Layer::default();
    let given = [
        ("--listen", ["server", "listen"], &flags.listen),
        ("--log-level", ["log", "level"], &flags.log_level),
        ("--log-format", ["log", "format"], &flags.log_format),
    ];
    for (name, path, text) in given {
        if let Some(text) = text {
            layer.set(&path, places.value(Place::Flag(name), text.as_str()));
        }
    }
    layer
}

/// The data directory as an absolute path, so that it stays the same wherever it is used.
fn data_dir(sources: &Sources) -> (PathBuf, Place) {
    const NAME: &str = "MANTI_DATA_DIR";
    let (path, place) = match (&sources.flags.data_dir, sources.environment.get(NAME)) {
        (Some(path), _) => (path.clone(), Place::Flag("--data-dir")),
        (None, Some(path)) => (PathBuf::from(path), sources.environment.place(NAME)),
        (None, None) => (PathBuf::from("data"), Place::Default),
    };
    (absolute(&path), place)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
