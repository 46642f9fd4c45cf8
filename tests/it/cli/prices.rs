//! The price book: listed, shown, compared, imported, taken back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::with_user;
use crate::support::command::{Place, Ran};

/// A book of two models on a day.
fn book(version: &str, input: &str) -> String {
    json!({
        "version": version, "currency": "USD", "per": 1_000_000,
        "providers": { "openai": [
            { "id": "gpt-4o", "prices": { "input": input, "output": "10.00", "cached_input": "1.25" },
              "tiers": { "flex": { "prices": { "input": "1.00" } } } },
            { "id": "gpt-9", "prices": { "input": "1.00", "output": "2.00" },
              "long": [{ "above": 200_000, "prices": { "input": "2.00" } }] },
        ] },
    })
    .to_string()
}

fn find<'a>(rows: &'a Value, model: &str, price: &str) -> Option<&'a Value> {
    let mut rows = rows.as_array().unwrap().iter();
    rows.find(|row| row["model"] == model && row["price"] == price)
}

fn input(place: &Place, model: &str) -> Value {
    let shown = place.run(&["price", "show", model]).json();
    shown["prices"]["input"].clone()
}

fn done(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn every_providers_models_are_listed_and_shown() {
    let place = Place::new();
    let all = place.run(&["price", "list"]).json();
    let all = all.as_array().unwrap();
    assert!(all.len() > 3_000, "{}", all.len());
    let groq = place.run(&["price", "list", "--provider", "groq"]).json();
    let groq = groq.as_array().unwrap();
    assert!(groq.iter().all(|row| row["provider"] == "groq"));
    let whisper = groq.iter().find(|row| row["model"] == "whisper-large-v3");
    assert_eq!(whisper.unwrap()["units"], "seconds 30.833333333");
    let slashed = place
        .run(&["price", "show", "groq/openai/gpt-oss-120b"])
        .json();
    assert_eq!(slashed["model"], "openai/gpt-oss-120b");
    assert_eq!(slashed["tiers"]["batch"]["input"], "0.075");
    let bare = place.run(&["price", "show", "openai/gpt-oss-120b"]).json();
    assert_eq!(bare["model"], "openai/gpt-oss-120b");
    let providers = bare["providers"].as_array().unwrap();
    assert!(providers.contains(&json!("groq")), "{bare}");
    let hours = place
        .run(&["price", "show", "deepseek/deepseek-v4-pro"])
        .json();
    assert!(hours["note"].as_str().unwrap().contains("UTC"));
    let none = place.run(&["price", "list", "--provider", "nobody"]);
    none.refused(3, "it has ai21, anthropic");
}

#[test]
fn another_book_is_compared_price_by_price() {
    let place = Place::new();
    place.write("new.json", &book("2031-01-01", "3.00"));
    let openai = ["price", "diff", "new.json", "--provider", "openai"];
    let rows = place.run(&openai).json();
    let changed = find(&rows, "gpt-4o", "input").unwrap();
    assert_eq!(
        *changed,
        json!({
            "change": "changed", "provider": "openai", "model": "gpt-4o", "price": "input",
            "old": "2.50", "new": "3.00", "percent": "+20.0",
        })
    );
    assert!(find(&rows, "gpt-4o", "output").is_none(), "it is the same");
    let tier = find(&rows, "gpt-4o", "flex.input").unwrap();
    assert_eq!((&tier["old"], &tier["new"]), (&Value::Null, &json!("1.00")));
    let step = find(&rows, "gpt-9", "long.above").unwrap();
    assert_eq!(
        (&step["change"], &step["new"]),
        (&json!("added"), &json!("200000"))
    );
    let gone = find(&rows, "gpt-4.1", "output").unwrap();
    assert_eq!(
        (&gone["change"], &gone["new"]),
        (&json!("removed"), &Value::Null)
    );
    let groq = ["price", "diff", "new.json", "--provider", "groq"];
    let groq = place.run(&groq).json();
    assert!(
        groq.as_array()
            .unwrap()
            .iter()
            .all(|row| row["provider"] == "groq")
    );
    let csv = place
        .run(&["price", "diff", "new.json", "-o", "csv"])
        .stdout;
    assert!(
        csv.contains("changed,openai,gpt-4o,input,2.50,3.00,+20.0"),
        "{csv}"
    );
    let table = place.run(&["price", "diff", "new.json", "-o", "table"]);
    assert!(table.stderr.contains("1 added"), "{}", table.stderr);
    assert!(
        !place.path().join("data").exists(),
        "comparing makes nothing"
    );
}

#[test]
fn an_imported_book_is_used_until_it_is_taken_back() {
    let place = Place::new();
    place.write("new.json", &book("2031-01-01", "3.00"));
    let told = place.run(&["price", "import", "new.json"]);
    assert_eq!(told.json()["version"], "2031-01-01");
    assert_eq!(told.json()["models_changed"], 1);
    assert!(
        told.stderr.contains("records keep the prices"),
        "{}",
        told.stderr
    );
    let file = place.path().join("data/prices.json");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(input(&place, "gpt-4o"), "3.00");
    assert_eq!(place.run(&["price", "show", "gpt-4.1"]).code, 3);

    place.write("old.json", &book("2030-12-31", "4.00"));
    let refused = place.run(&["price", "import", "old.json"]);
    refused.refused(4, "to import it all the same: --force");
    assert_eq!(input(&place, "gpt-4o"), "3.00");
    done(&place.run(&["price", "import", "old.json", "--force"]));
    assert_eq!(input(&place, "gpt-4o"), "4.00");

    done(&place.run(&["price", "import", "--built-in"]));
    assert!(!file.exists());
    assert_eq!(input(&place, "gpt-4o"), "2.50");
}

#[test]
fn what_is_no_price_book_is_not_imported() {
    let place = Place::new();
    let short = book("2031-01-01", "3.00").replace("\"output\":\"10.00\",", "");
    for (text, fault) in [
        ("{}", "not a price book"),
        ("prices", "not a price book"),
        (&book("2031-01-01", "-3.00"), "openai"),
        (&book("2031-01-01", "1e309"), "openai"),
        (&book("2031-01-01", "3.00").replace("USD", "EUR"), "EUR"),
        (
            &book("2031-01-01", "3.00").replace("gpt-9", "gpt-4o"),
            "listed twice",
        ),
        (
            &book("2031-01-01", "3.00").replace("cached_input", "colour"),
            "no unit",
        ),
        (&short, "no price for output"),
    ] {
        place.write("bad.json", text);
        for command in ["import", "diff"] {
            place.run(&["price", command, "bad.json"]).refused(1, fault);
        }
        assert!(!place.path().join("data/prices.json").exists(), "{text}");
    }
    place
        .run(&["price", "import", "none.json"])
        .refused(3, "none.json");
    assert_eq!(place.run(&["price", "import"]).code, 2);
}

#[test]
fn a_start_with_a_spoilt_book_says_how_to_go_on() {
    let place = with_user();
    place.write("data/prices.json", "{");
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["price", "list"],
        &["model", "list"],
    ] {
        let ran = place.run(command);
        assert_ne!(ran.code, 0, "{command:?}");
        assert!(
            ran.stderr.contains("price import --built-in"),
            "{}",
            ran.stderr
        );
    }
    done(&place.run(&["price", "import", "--built-in"]));
    done(&place.run(&["price", "list"]));
}

#[test]
fn every_kind_of_provider_is_listed() {
    let place = Place::new();
    let kinds = place.run(&["provider", "kinds"]).json();
    let groq = kinds
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["kind"] == "groq");
    let groq = groq.unwrap();
    let csv = place.run(&["provider", "kinds", "-o", "csv"]);
    assert_eq!(
        csv.stdout.lines().count(),
        kinds.as_array().unwrap().len() + 1
    );
    assert_eq!(groq["base_url"], "https://api.groq.com/openai/v1");
    assert_eq!(groq["key"], "needed");
    assert!(groq["page"].as_str().unwrap().starts_with("https://"));
}

#[test]
fn a_name_and_a_key_are_a_provider_with_models_and_prices() {
    let mut place = Place::new();
    place.set("MANTI_PROVIDERS_GROQ_API_KEY", "hush");
    done(&place.run(&["config", "check"]));
    let shown = place.run(&["provider", "show", "groq"]).json();
    assert_eq!(shown["kind"], "groq");
    assert_eq!(shown["base_url"], "https://api.groq.com/openai/v1");
    let model = place.run(&["model", "show", "openai/gpt-oss-120b"]).json();
    assert_eq!(model["provider"], "groq");
    assert_eq!(model["prices"]["input"], "0.15");
    let any = place.run(&["model", "show", "groq/whatever"]).json();
    assert_eq!(any["upstream_model"], "whatever");
    assert_eq!(any["prices"], Value::Null);
    done(&place.run(&["price", "check"]));
}
