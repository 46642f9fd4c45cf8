//! The samples of the repository: valid, complete, at their defaults.

use std::path::Path;

use super::*;

/// A file of the repository.
fn sample(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A sample with every setting taken in: `#name = …` without its `#`.
fn taken_in(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[') => {
            format!("{setting}\n")
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn the_sample_file_is_valid_as_it_is_and_with_everything_taken_in() {
    let text = sample("examples/manti.toml");
    let config = load_ok(&text, &[]);
    assert_eq!(config.providers.keys().collect::<Vec<_>>(), ["local"]);

    let variables = [
        ("OPENAI_API_KEY", "a"),
        ("ANTHROPIC_API_KEY", "b"),
        ("ANTHROPIC_API_KEY_2", "c"),
        ("METRICS_TOKEN", "d"),
        ("AZURE_KEY", "e"),
        ("AZURE_CLIENT_SECRET", "f"),
        ("AWS_SECRET_ACCESS_KEY", "g"),
        ("AWS_SESSION_TOKEN", "h"),
        ("COHERE_API_KEY", "i"),
        ("GOOGLE_CREDENTIALS", "{}"),
        ("VERTEX_KEY", "j"),
    ];
    let whole = case(&taken_in(&text), &variables);
    let loaded = load(&whole.sources).unwrap_or_else(|told| panic!("{told}"));
    for section in schema::SECTIONS {
        for key in section.keys {
            let name = format!("{}.{}", section.name, key.name);
            let found = loaded
                .settings
                .iter()
                .find(|setting| setting.key() == name)
                .unwrap_or_else(|| panic!("{name} is not in the sample"));
            assert_ne!(found.origin, Place::Default, "{name} is not in the sample");
            if let (Some(text), Shown::Text(shown)) = (key.default, &found.value) {
                let default = show::spell(key.shape, text);
                assert_eq!(shown, &default, "{name} is not at its default");
            }
        }
    }
    for key in schema::PROVIDER.iter().chain(schema::MODEL) {
        assert!(text.contains(&format!("{} = ", key.name)), "{}", key.name);
    }
}

#[test]
fn the_environment_samples_name_only_what_is_known_and_are_valid() {
    const OTHERS: [&str; 3] = ["POSTGRES_PASSWORD", "HTTPS_PROXY", "NO_PROXY"];
    for file in [".env.example", ".env.prod.example"] {
        let text = sample(file);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, &text).unwrap();
        let sources = Sources {
            environment: environment(&[], &path),
            ..Sources::default()
        };
        load(&sources).unwrap_or_else(|told| panic!("{file} as it is: {told}"));

        let secret = folder.path().join("secret");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let whole = taken_in(&text)
            .replace("/run/secrets/local_key", &secret.display().to_string())
            .replace("/run/secrets/metrics_token", &secret.display().to_string());
        std::fs::write(&path, whole).unwrap();
        let sources = Sources {
            environment: environment(&[], &path),
            ..Sources::default()
        };
        let loaded = load(&sources).unwrap_or_else(|told| panic!("{file} taken in: {told}"));
        assert_eq!(loaded.warnings, [], "{file}");

        for line in taken_in(&text).lines() {
            let Some((name, _)) = line.split_once('=') else {
                continue;
            };
            if line.starts_with('#') || OTHERS.contains(&name) {
                continue;
            }
            let meaning = variables::meaning(name);
            let known = !matches!(
                meaning,
                variables::Meaning::None | variables::Meaning::Unknown
            );
            assert!(known, "{file}: {name} is {meaning:?}");
        }
    }
}

#[test]
fn the_environment_sample_is_complete() {
    let text = taken_in(&sample(".env.example"));
    let has = |name: &str| {
        text.lines()
            .any(|line| line.starts_with(&format!("{name}=")))
    };
    for section in schema::SECTIONS {
        for key in section.keys {
            let name = variables::setting_name(section.name, key.name);
            assert!(has(&name), "{name} is missing");
        }
    }
    for field in schema::PROVIDER_VARIABLES {
        let named =
            ["local", "azure-openai"].map(|provider| variables::provider_name(provider, field));
        assert!(named.iter().any(|name| has(name)), "{field} is missing");
    }
    for name in [
        "DATABASE_URL",
        "JWT_SECRET",
        "MANTI_DATA_DIR",
        "MANTI_CONFIG",
    ] {
        assert!(has(name), "{name} is missing");
    }
}
