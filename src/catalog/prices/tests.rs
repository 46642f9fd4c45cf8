use super::*;
use crate::models::money::UnitPrice;

fn dollars(text: &str) -> Option<UnitPrice> {
    text.parse().ok()
}

fn entry(origin: &'static str, name: &str) -> Arc<Entry> {
    let book = Book::builtin();
    Arc::clone(
        book.find(origin, name)
            .unwrap_or_else(|| panic!("{name} is not in the book")),
    )
}

fn standard(origin: &'static str, name: &str) -> Rates {
    entry(origin, name).card.standard().clone()
}

#[test]
fn the_built_in_book_has_the_shape() {
    let book = Book::read(TEXT).expect("a book");
    assert_eq!(**book.source(), format!("book:{}", book.version()));
    for entry in book.origins().flat_map(|origin| book.entries(origin)) {
        let model = format!("{}/{}", entry.origin, entry.id);
        let rates = entry.card.standard();
        if let (Some(input), Some(cached)) = (rates.input, rates.cached_input) {
            assert!(
                cached <= input,
                "{model}: reading the cache is never dearer"
            );
        }
        for (above, long) in entry.card.long() {
            assert!(*above >= 8_000 && long.input >= rates.input, "{model}");
        }
        for (tier, _) in entry.card.tiers() {
            assert!(
                [
                    "flex",
                    "priority",
                    "batch",
                    "fast",
                    "ultrafast",
                    "us",
                    "us-fast"
                ]
                .contains(&tier),
                "{model}: {tier}"
            );
        }
        if let Some(context) = entry.context {
            assert!(
                entry.max_output.is_none_or(|most| most <= context),
                "{model}"
            );
        }
    }
}

#[test]
fn claude_in_the_united_states_alone_costs_a_tenth_more() {
    let book = Book::builtin();
    for (model, dearer) in [
        ("claude-opus-4-6", false),
        ("claude-opus-4-8", true),
        ("claude-haiku-5-5", false),
    ] {
        let entry = book.find("anthropic", model).expect("a model");
        for input in [10, 200_000] {
            let (plain, _) = entry.card.rates(None, input);
            let (us, known) = entry.card.rates(Some("us"), input);
            assert!(known, "{model}");
            let tenth = |price: &UnitPrice| price.to_string().parse::<f64>().unwrap() * 1.1;
            for (plain, us) in [
                (plain.input, us.input),
                (plain.output, us.output),
                (plain.cached_input, us.cached_input),
                (plain.cache_write_5m, us.cache_write_5m),
                (plain.cache_write_1h, us.cache_write_1h),
            ] {
                let us = us.unwrap().to_string().parse::<f64>().unwrap();
                assert!((tenth(&plain.unwrap()) - us).abs() < 1e-9, "{model}");
            }
            assert_eq!(plain.units.get("searches"), us.units.get("searches"));
        }
        let (_, both) = entry.card.rates(Some("us-fast"), 10);
        assert_eq!(both, dearer, "{model}");
    }
}

#[test]
fn the_built_in_book_is_read_where_its_parts_stand() {
    let (book, whole) = (Book::builtin(), Book::read(TEXT).expect("a book"));
    assert_eq!(book.version(), whole.version());
    assert!(book.origins().eq(whole.origins()));
    assert!(book.origins().count() > 40);
    let mut models = 0;
    for origin in whole.origins() {
        let ids = |book: &Book| -> Vec<_> {
            let entries = book.entries(origin).iter();
            entries.map(|entry| Arc::clone(&entry.id)).collect()
        };
        assert_eq!(ids(&book), ids(&whole), "{origin}");
        models += ids(&book).len();
    }
    assert!(models > 3_000, "{models}");
}

#[test]
fn a_long_prompt_may_have_several_steps() {
    let qwen = entry("openrouter", "qwen/qwen3-coder-flash");
    for (input, price) in [
        (32_000, "0.195"),
        (32_001, "0.325"),
        (128_000, "0.325"),
        (128_001, "0.52"),
    ] {
        let rates = qwen.card.rates(None, input).0;
        assert_eq!(rates.input, dollars(price), "{input}");
    }
}

#[test]
fn what_is_not_paid_by_the_token_has_a_price_too() {
    for (origin, model, unit, price) in [
        ("cohere", "rerank-v3.5", "searches", "2000.00"),
        ("groq", "whisper-large-v3", "seconds", "30.833333333"),
        ("openai", "tts-1", "characters", "15.00"),
        ("openai", "gpt-image-1.5", "image_output_tokens", "32.00"),
        ("perplexity", "sonar", "requests", "12000.00"),
        ("openai", "gpt-4.1", "searches", "10000.00"),
        ("openai", "gpt-4.1", "file_searches", "2500.00"),
        ("anthropic", "claude-opus-5", "searches", "10000.00"),
        ("gemini", "gemini-2.5-pro", "grounded_prompts", "35000.00"),
        ("gemini", "gemini-3-flash-preview", "searches", "14000.00"),
    ] {
        let rates = standard(origin, model);
        assert_eq!(rates.units.get(unit).copied(), dollars(price), "{model}");
    }
}

#[test]
fn prices_that_depend_on_the_hour_are_those_of_the_dear_hours() {
    let flash = entry("deepseek", "deepseek-v4-flash");
    assert_eq!(flash.card.standard().input, dollars("0.30"));
    assert!(flash.note.as_ref().is_some_and(|note| note.contains("UTC")));
}

#[test]
fn the_models_everybody_asks_for_have_their_list_prices() {
    for (name, input, cached, output) in [
        ("gpt-4o", "2.50", Some("1.25"), "10.00"),
        ("gpt-4o-mini", "0.15", Some("0.075"), "0.60"),
        ("gpt-4-turbo", "10.00", None, "30.00"),
        ("gpt-4", "30.00", None, "60.00"),
        ("gpt-3.5-turbo", "0.50", None, "1.50"),
        ("gpt-4.1", "2.00", Some("0.50"), "8.00"),
        ("gpt-5", "1.25", Some("0.125"), "10.00"),
        ("gpt-5.5", "5.00", Some("0.50"), "30.00"),
        ("o3", "2.00", Some("0.50"), "8.00"),
        ("o4-mini", "1.10", Some("0.275"), "4.40"),
    ] {
        let rates = standard("openai", name);
        assert_eq!(rates.input, dollars(input), "{name}");
        assert_eq!(rates.cached_input, cached.and_then(dollars), "{name}");
        assert_eq!(rates.output, dollars(output), "{name}");
    }
    for (name, input, cached, write, hour, output) in [
        (
            "claude-3-5-sonnet-20241022",
            "3.00",
            "0.30",
            "3.75",
            "6.00",
            "15.00",
        ),
        (
            "claude-3-5-haiku-20241022",
            "0.80",
            "0.08",
            "1.00",
            "1.60",
            "4.00",
        ),
        (
            "claude-3-opus-20240229",
            "15.00",
            "1.50",
            "18.75",
            "30.00",
            "75.00",
        ),
        (
            "claude-3-sonnet-20240229",
            "3.00",
            "0.30",
            "3.75",
            "6.00",
            "15.00",
        ),
        (
            "claude-3-haiku-20240307",
            "0.25",
            "0.03",
            "0.30",
            "0.50",
            "1.25",
        ),
        ("claude-sonnet-4-6", "3.00", "0.30", "3.75", "6.00", "15.00"),
        ("claude-haiku-4-5", "1.00", "0.10", "1.25", "2.00", "5.00"),
        ("claude-opus-5", "5.00", "0.50", "6.25", "10.00", "25.00"),
    ] {
        let rates = standard("anthropic", name);
        assert_eq!(rates.input, dollars(input), "{name}");
        assert_eq!(rates.cached_input, dollars(cached), "{name}");
        assert_eq!(rates.cache_write_5m, dollars(write), "{name}");
        assert_eq!(rates.cache_write_1h, dollars(hour), "{name}");
        assert_eq!(rates.output, dollars(output), "{name}");
    }
    let demo = standard("demo", "demo");
    assert_eq!(
        (demo.input, demo.output),
        (dollars("1.00"), dollars("2.00"))
    );
}

#[test]
fn retired_models_name_a_successor_that_is_served() {
    for (origin, name) in [
        ("anthropic", "claude-3-5-sonnet-20241022"),
        ("anthropic", "claude-3-5-haiku-20241022"),
        ("anthropic", "claude-3-opus-20240229"),
        ("anthropic", "claude-3-sonnet-20240229"),
        ("anthropic", "claude-3-haiku-20240307"),
        ("openai", "gpt-4"),
        ("openai", "gpt-4-turbo"),
        ("openai", "gpt-3.5-turbo"),
    ] {
        let retired = entry(origin, name).retired.clone().expect(name);
        assert!(
            entry(origin, &retired.successor).retired.is_none(),
            "{name}"
        );
    }
    let since = |name| {
        entry("openai", name)
            .retired
            .as_ref()
            .map(|r| r.since.to_string())
    };
    assert_eq!(since("gpt-4-0613"), Some("2026-10-23".into()));
    assert_eq!(since("gpt-4o"), None);
}

#[test]
fn a_dated_name_is_its_model_unless_it_is_listed_itself() {
    let id = |name| entry("openai", name).id.to_string();
    assert_eq!(id("gpt-4o-2024-08-06"), "gpt-4o");
    assert_eq!(id("gpt-4o-2031-01-01"), "gpt-4o");
    assert_eq!(id("gpt-4o-2024-05-13"), "gpt-4o-2024-05-13");
    assert_eq!(id("ft:gpt-4o-mini-2024-07-18:acme::x1"), "ft:gpt-4o-mini");
    assert_eq!(
        &*entry("anthropic", "claude-haiku-4-5-20251001").name,
        "Claude Haiku 4.5"
    );
    let book = Book::builtin();
    for odd in [
        "",
        "-2024-08-06",
        "gpt-4o-",
        "gpt-4o-20240806x",
        "gpt-4o-ünï-08-06",
        "GPT-4O",
    ] {
        assert!(book.find("openai", odd).is_none(), "{odd}");
    }
    assert!(book.find("anthropic", "gpt-4o").is_none());
}

#[test]
fn a_tier_replaces_the_prices_it_names_and_leaves_the_others() {
    let o3 = entry("openai", "o3");
    let (batch, known) = o3.card.rates(Some("batch"), 10);
    assert!(known);
    assert_eq!(batch.input, dollars("1.00"));
    assert_eq!(
        batch.cached_input,
        dollars("0.50"),
        "not named: as it stands"
    );
    assert_eq!(
        o3.card.rates(Some("fast"), 10),
        o3.card.rates(Some("priority"), 10)
    );
    assert_eq!(
        o3.card.rates(Some("default"), 10),
        (o3.card.standard(), true)
    );
    assert_eq!(
        o3.card.rates(Some("scale"), 10),
        (o3.card.standard(), false)
    );
}

#[test]
fn a_long_prompt_is_dearer_in_every_tier() {
    let model = entry("openai", "gpt-5.5");
    for (tier, input, at, above) in [
        (None, 272_000, "5.00", "10.00"),
        (Some("flex"), 272_000, "2.50", "5.00"),
    ] {
        assert_eq!(
            model.card.rates(tier, input).0.input,
            dollars(at),
            "{tier:?}"
        );
        assert_eq!(
            model.card.rates(tier, input + 1).0.input,
            dollars(above),
            "{tier:?}"
        );
    }
}

#[test]
fn a_book_that_contradicts_itself_is_refused() {
    let book = |models: &str| {
        let head = r#""version": "2026-01-01", "currency": "USD", "per": 1000000"#;
        Book::read(&format!(
            "{{ {head}, \"providers\": {{ \"openai\": [{models}] }} }}"
        ))
    };
    let model = |id: &str, more: &str| {
        format!(
            r#"{{ "id": "{id}", "name": "X", "kind": "chat",
                "prices": {{ "input": "1", "output": "2" }} {more} }}"#
        )
    };
    assert!(book(&model("a", "")).is_ok());
    for (fault, text) in [
        (
            "twice",
            format!("{}, {}", model("a", ""), model("b", r#", "also": ["a"]"#)),
        ),
        (
            "gone",
            model(
                "a",
                r#", "retired": { "since": "2026-01-01", "successor": "b" }"#,
            ),
        ),
        ("unknown field", model("a", r#", "colour": "red""#)),
        (
            "negative",
            model(
                "a",
                r#", "tiers": { "flex": { "prices": { "input": "-1" } } }"#,
            ),
        ),
    ] {
        assert!(book(&text).is_err(), "{fault}");
    }
    assert!(
        Book::read(r#"{"version":"2026-01-01","currency":"EUR","per":1000000,"providers":{}}"#)
            .is_err()
    );
    assert!(
        Book::read(r#"{"version":"2026-01-01","currency":"USD","per":1000,"providers":{}}"#)
            .is_err()
    );
}
