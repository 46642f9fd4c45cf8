//! The documents keep up with the program: settings, figures, packages, links, both languages.

use std::fs;
use std::path::{Path, PathBuf};

use manti::models::preset::{self, Key};

fn read(path: &str) -> String {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&whole).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between the first two quotes after each occurrence of `before`.
fn quoted_after(text: &str, before: &str) -> Vec<String> {
    text.match_indices(before)
        .filter_map(|(at, _)| text[at + before.len()..].split('"').nth(1))
        .map(str::to_owned)
        .collect()
}

/// Fails with everything that `page` does not mention.
fn assert_mentions(page: &str, names: &[String]) {
    assert!(names.len() > 5, "too few names were found: {names:?}");
    let text = read(page);
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !text.contains(&format!("`{name}`")) && !text.contains(&format!("| {name}")))
        .collect();
    assert!(missing.is_empty(), "{page} does not mention {missing:?}");
}

#[test]
fn every_setting_stands_in_the_operators_page() {
    let schema = read("src/config/schema.rs");
    let mut names = quoted_after(&schema, "optional(");
    names.extend(quoted_after(&schema, " key("));
    names.retain(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
    assert_mentions("docs/operations.md", &names);
}

#[test]
fn every_figure_stands_in_the_operators_page() {
    let names = quoted_after(&read("src/telemetry/names.rs"), ": &str =");
    assert_mentions("docs/operations.md", &names);
}

#[test]
fn every_package_has_a_reason_in_the_architecture_page() {
    const FIXED: &[&str] = &[
        "clap",
        "poem",
        "poem-openapi",
        "tokio",
        "sqlx",
        "reqwest",
        "serde",
        "jsonwebtoken",
        "comfy-table",
        "dialoguer",
        "config",
    ];
    let manifest = read("Cargo.toml");
    let reasons: Vec<String> = read("ARCHITECTURE.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|cell| !cell.starts_with("---"))
        .flat_map(|cell| cell.split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut in_dependencies = false;
    let mut missing = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && let Some((name, _)) = line.split_once('=') {
            let name = name.trim();
            if !FIXED.contains(&name) && !reasons.iter().any(|reason| reason == name) {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "no reason is given for {missing:?}");
    let of = |name: &&String| reasons.iter().filter(|reason| reason == name).count();
    let twice: Vec<&String> = reasons.iter().filter(|name| of(name) > 1).collect();
    assert!(twice.is_empty(), "more than one reason is given: {twice:?}");
}

#[test]
fn every_part_of_the_tests_stands_in_the_contributors_page() {
    let script = read("scripts/test");
    let parts: Vec<&str> = script
        .match_indices("wanted ")
        .filter_map(|(at, found)| script[at + found.len()..].split(';').next())
        .filter(|part| part.bytes().all(|b| b.is_ascii_lowercase()))
        .collect();
    assert!(parts.len() > 5, "{parts:?}");
    let page = read("CONTRIBUTING.md");
    let line = page.lines().find(|line| line.contains("--only")).unwrap();
    for part in parts {
        assert!(line.contains(part), "{part} is not in {line:?}");
    }
}

#[test]
fn sources_that_the_contributors_page_names_are_there() {
    let page = read("CONTRIBUTING.md");
    for named in page.split('`').filter(|text| text.starts_with("src/")) {
        if named.contains('<') {
            continue;
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(named);
        assert!(path.exists(), "{named} is not there");
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    let pages = [
        "README.md",
        "README.zh-CN.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "docs/operations.md",
        "docs/providers.md",
        "benches/README.md",
    ];
    let pages = pages.map(str::to_owned).into_iter();
    for page in pages.chain(client_pages()) {
        let folder = Path::new(&page).parent().map(PathBuf::from).unwrap();
        let text = read(&page);
        for (at, _) in text.match_indices("](") {
            let link = text[at + 2..].split(')').next().unwrap();
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let target = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(&folder)
                .join(link);
            assert!(
                target.exists(),
                "{page} links to {link}, which is not there"
            );
        }
    }
}

/// The pages on clients, in both languages.
fn client_pages() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clients");
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| format!("docs/clients/{name}")).collect()
}

#[test]
fn every_page_on_a_client_is_there_in_both_languages_and_in_the_list() {
    let (chinese, english): (Vec<String>, Vec<String>) = client_pages()
        .into_iter()
        .partition(|page| page.ends_with(".zh-CN.md"));
    assert!(english.len() > 8);
    assert_eq!(english.len(), chinese.len());
    for page in english {
        let translated = page.replace(".md", ".zh-CN.md");
        assert_eq!(code(&page), code(&translated), "{page}");
        for (list, page) in [("README.md", page), ("README.zh-CN.md", translated)] {
            let name = page.rsplit('/').next().unwrap();
            let listed = read(&format!("docs/clients/{list}")).contains(&format!("]({name})"));
            assert!(listed || name == list, "{list} does not name {name}");
        }
    }
}

/// The code of a page without what is said in people's language: comments, and texts in quotes.
fn code(page: &str) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in read(page).lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            let plain = line.split(" #").next().unwrap_or(line).trim_end();
            lines.push(plain.replace("你好", "Hello"));
        }
    }
    lines
}

#[test]
fn the_two_readmes_show_the_same_code() {
    let english = code("README.md");
    assert!(english.len() > 30);
    assert_eq!(english, code("README.zh-CN.md"));
}

#[test]
fn the_two_readmes_have_the_same_shape() {
    let shape = |page: &str| {
        read(page)
            .lines()
            .filter_map(|line| {
                let kind = line.split(' ').next().unwrap_or_default();
                [
                    "#",
                    "##",
                    "-",
                    "|",
                    "```console",
                    "```sh",
                    "```python",
                    "```js",
                    "```toml",
                ]
                .contains(&kind)
                .then(|| kind.to_owned())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(shape("README.md"), shape("README.zh-CN.md"));
}

/// The table of the page on providers, from the rows themselves.
fn provider_table() -> String {
    let mut table = String::from(
        "| Kind | Provider | Address | Key | Messages | Otherwise than OpenAI | Page |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in preset::all() {
        let others = row.aliases.iter().map(|name| format!(", `{name}`"));
        let address = row
            .base_url
            .map_or("yours: set `base_url`".to_owned(), |url| format!("<{url}>"));
        let key = match row.key {
            Key::Needed => "needed",
            Key::Optional => "optional",
        };
        let messages = row.messages.map(|url| format!("<{url}>"));
        let mut quirks: Vec<String> = row.quirks.iter().map(ToString::to_string).collect();
        for (part, own) in row.model_quirks {
            quirks.extend(own.iter().map(|quirk| format!("`{part}`: {quirk}")));
        }
        if row.tells_usage {
            quirks.push("tells usage in streams unasked".to_owned());
        }
        if !row.converses {
            quirks.push("holds no conversations".to_owned());
        }
        let line = format!(
            "| `{}`{} | {} | {address} | {key} | {} | {} | [{}]({}) |\n",
            row.name,
            others.collect::<String>(),
            row.title,
            messages.unwrap_or_default(),
            quirks.join("; "),
            row.read,
            row.page,
        );
        table.push_str(&line);
    }
    table
}

#[test]
fn the_page_on_providers_has_the_rows_as_they_are() {
    const BEGIN: &str = "<!-- the rows of src/models/preset -->\n";
    let page = read("docs/providers.md");
    let (before, table) = page.split_once(BEGIN).expect("the mark before the table");
    let wanted = provider_table();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/providers.md");
        fs::write(path, format!("{before}{BEGIN}{wanted}")).unwrap();
        return;
    }
    assert!(
        table == wanted,
        "it is not up to date; run: UPDATE_GENERATED=1 cargo test --test it the_page_on_providers"
    );
}
