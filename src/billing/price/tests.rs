use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::catalog::prices::{Book, Card};

impl Pricing {
    /// What a call costs whose provider states nothing.
    fn price(&self, answered: Option<&str>, tokens: &Tokens, tier: Option<&str>) -> Priced {
        self.charge(&Used {
            model: answered,
            tier,
            tokens,
            stated_cost: None,
        })
    }
}

fn set(prices: &[(&str, &str)]) -> Pricing {
    let prices: Prices = prices
        .iter()
        .map(|(name, price)| ((*name).to_owned(), price.parse().expect("a price")))
        .collect();
    Pricing::set(Card::new(&prices))
}

fn listed(origin: &'static str, model: &str) -> Pricing {
    Pricing::listed(&Book::builtin(), origin, model)
}

fn nanos(priced: &Priced) -> Option<i64> {
    assert_eq!(priced.cost, priced.price);
    priced.cost.map(Money::nanos)
}

#[test]
fn the_contracts_example_costs_what_it_says() {
    let tokens = Tokens {
        input: 1200,
        cached_input: 1024,
        output: 85,
        ..Tokens::default()
    };
    let priced = listed("openai", "gpt-4o").price(Some("gpt-4o-2024-08-06"), &tokens, None);
    // 176 × 2.50 + 1024 × 1.25 + 85 × 10.00 dollars per million.
    assert_eq!(
        priced.cost.map(|cost| cost.to_string()),
        Some("0.002570000".into())
    );
    assert_eq!(
        *priced.source,
        *format!("book:{}", Book::builtin().version())
    );
    let applied: Vec<_> = priced
        .prices
        .iter()
        .map(|(n, p)| format!("{n}={p}"))
        .collect();
    assert_eq!(applied, ["cached_input=1.25", "input=2.50", "output=10.00"]);
    assert!(priced.flags.is_empty());
}

#[test]
fn reading_and_writing_the_cache_cost_their_own_prices() {
    let tokens = Tokens {
        input: 100 + 1000 + 2000 + 4000,
        cached_input: 1000,
        cache_write_5m: 2000,
        cache_write_1h: 4000,
        output: 10,
        ..Tokens::default()
    };
    let priced = listed("anthropic", "claude-sonnet-4-6").price(None, &tokens, None);
    let expected = 100 * 3000 + 1000 * 300 + 2000 * 3750 + 4000 * 6000 + 10 * 15_000;
    assert_eq!(nanos(&priced), Some(expected));
}

#[test]
fn a_part_without_a_price_of_its_own_is_priced_as_the_whole() {
    let tokens = Tokens {
        input: 10,
        cached_input: 4,
        cache_write_1h: 3,
        output: 10,
        reasoning: 8,
        units: BTreeMap::from([("audio_input_tokens".to_owned(), 2)]),
        ..Tokens::default()
    };
    let plain = set(&[("input", "1"), ("output", "2")]).price(None, &tokens, None);
    assert_eq!(nanos(&plain), Some(30_000));
    assert!(plain.flags.is_empty(), "{:?}", plain.flags);
    let split = set(&[
        ("input", "1"),
        ("output", "2"),
        ("reasoning", "5"),
        ("audio_input_tokens", "9"),
    ]);
    assert_eq!(
        nanos(&split.price(None, &tokens, None)),
        Some(8_000 + 18_000 + 4_000 + 40_000)
    );
}

#[test]
fn audio_that_was_cached_is_paid_once_at_a_price_of_its_own_where_it_has_one() {
    let tokens = Tokens {
        input: 10_000,
        cached_input: 4_500,
        units: BTreeMap::from([
            ("audio_input_tokens".to_owned(), 6_000),
            ("cached_audio_input_tokens".to_owned(), 4_000),
        ]),
        ..Tokens::default()
    };
    let price = |more: &[(&str, &str)]| {
        let basic = [("input", "0.30"), ("output", "1"), ("cached_input", "0.03")];
        let priced = set(&[&basic, more].concat()).price(None, &tokens, None);
        assert!(priced.flags.is_empty(), "{:?}", priced.flags);
        nanos(&priced)
    };
    let (audio, cached) = (
        ("audio_input_tokens", "1"),
        ("cached_audio_input_tokens", "0.10"),
    );
    let own = 4_000 * 100 + 2_000 * 1_000 + 500 * 30 + 3_500 * 300;
    assert_eq!(price(&[audio, cached]), Some(own));
    // Not known to be cheaper, it is paid as any audio.
    assert_eq!(
        price(&[audio]),
        Some(6_000 * 1_000 + 500 * 30 + 3_500 * 300)
    );
    assert_eq!(price(&[]), Some(4_500 * 30 + 5_500 * 300));
}

#[test]
fn other_units_are_added_where_they_have_a_price_and_flagged_where_not() {
    let units = BTreeMap::from([
        ("searches".to_owned(), 3),
        ("fetches".to_owned(), 1),
        ("x".to_owned(), 0),
    ]);
    let tokens = Tokens {
        units,
        ..Tokens::default()
    };
    let priced = listed("anthropic", "claude-opus-5").price(None, &tokens, None);
    assert_eq!(nanos(&priced), Some(30_000_000), "ten dollars a thousand");
    assert_eq!(priced.flags, ["unpriced_fetches"]);
}

#[test]
fn what_is_told_in_two_counts_is_charged_by_the_one_with_a_price() {
    let units = BTreeMap::from([
        ("searches".to_owned(), 3),
        ("grounded_prompts".to_owned(), 1),
    ]);
    let tokens = Tokens {
        units,
        ..Tokens::default()
    };
    for (pricing, cost, unit) in [
        // 35 dollars a thousand prompts, 14 dollars a thousand searches.
        (
            listed("gemini", "gemini-2.5-flash"),
            35_000_000,
            "grounded_prompts",
        ),
        (
            listed("vertex", "gemini-2.5-pro"),
            35_000_000,
            "grounded_prompts",
        ),
        (
            listed("gemini", "gemini-3.1-pro-preview"),
            42_000_000,
            "searches",
        ),
    ] {
        let priced = pricing.price(None, &tokens, None);
        assert_eq!(nanos(&priced), Some(cost), "{unit}");
        assert!(priced.prices.contains_key(unit), "{:?}", priced.prices);
        assert!(priced.flags.is_empty(), "{:?}", priced.flags);
    }
    let priced = set(&[("input", "1"), ("output", "1")]).price(None, &tokens, None);
    assert_eq!(priced.flags, ["unpriced_searches"]);
}

#[test]
fn an_unknown_price_is_unknown_rather_than_nothing() {
    let tokens = Tokens {
        input: 5,
        output: 5,
        ..Tokens::default()
    };
    let unknown = listed("openai", "gpt-next").price(None, &tokens, None);
    assert_eq!((nanos(&unknown), &*unknown.source), (None, "none"));
    let half = set(&[("input", "1")]).price(None, &tokens, None);
    assert_eq!(
        (nanos(&half), half.flags),
        (None, vec!["unpriced_output".to_owned()])
    );
    let free = set(&[("input", "0"), ("output", "0")]).price(None, &tokens, None);
    assert_eq!((nanos(&free), &*free.source), (Some(0), "config"));
}

#[test]
fn the_model_that_answered_is_priced_before_the_one_that_was_asked() {
    let tokens = Tokens {
        input: 1_000_000,
        ..Tokens::default()
    };
    let pricing = listed("openai", "gpt-4o");
    let cost = |answered| nanos(&pricing.price(answered, &tokens, None));
    assert_eq!(cost(Some("gpt-4o-2024-05-13")), Some(5_000_000_000));
    assert_eq!(cost(Some("something else")), Some(2_500_000_000));
    assert_eq!(cost(None), Some(2_500_000_000));
}

#[test]
fn the_tier_that_answered_sets_the_price() {
    let tokens = Tokens {
        input: 1_000_000,
        ..Tokens::default()
    };
    let pricing = listed("openai", "gpt-5");
    let cost = |tier| nanos(&pricing.price(None, &tokens, tier));
    assert_eq!(cost(Some("flex")), Some(625_000_000));
    assert_eq!(cost(Some("priority")), Some(2_500_000_000));
    assert_eq!(cost(Some("default")), Some(1_250_000_000));
    let odd = pricing.price(None, &tokens, Some("scale"));
    assert_eq!(
        (nanos(&odd), odd.flags),
        (
            Some(1_250_000_000),
            vec!["service_tier_unpriced".to_owned()]
        )
    );
}

#[test]
fn the_whole_of_a_long_request_costs_the_higher_price() {
    let pricing = listed("anthropic", "claude-haiku-5-5");
    let cost = |input| {
        let tokens = Tokens {
            input,
            cached_input: 50_000,
            output: 1000,
            ..Tokens::default()
        };
        nanos(&pricing.price(None, &tokens, None))
    };
    assert_eq!(cost(100_000), Some(50_000 * 100 + 50_000 * 10 + 1000 * 500));
    assert_eq!(
        cost(100_001),
        Some(50_001 * 500 + 50_000 * 50 + 1000 * 2500)
    );
}

#[test]
fn absurd_figures_neither_lower_the_price_nor_overflow() {
    let pricing = listed("anthropic", "claude-sonnet-4-6");
    let honest = Tokens {
        input: 1000,
        output: 10,
        ..Tokens::default()
    };
    let absurd = Tokens {
        cached_input: u64::MAX,
        cache_write_1h: u64::MAX,
        reasoning: u64::MAX,
        ..honest.clone()
    };
    let price = |tokens| nanos(&pricing.price(None, tokens, None)).expect("a price");
    assert!(price(&absurd) >= price(&honest));
    let most = Tokens {
        input: u64::MAX,
        output: u64::MAX,
        ..Tokens::default()
    };
    let priced = pricing.price(None, &most, None);
    assert_eq!(
        (nanos(&priced), priced.flags),
        (None, vec!["cost_out_of_range".to_owned()])
    );
}

#[test]
fn a_stated_cost_beats_the_book_but_not_the_operator() {
    let tokens = Tokens {
        input: 1000,
        ..Tokens::default()
    };
    let used = |cost| Used {
        model: None,
        tier: None,
        tokens: &tokens,
        stated_cost: cost,
    };
    let stated = Some(Money::from_nanos(77));
    // A maker's own answers state none: what looks like one is not believed.
    assert_eq!(
        nanos(&listed("openai", "gpt-4o").charge(&used(stated))),
        Some(2_500_000)
    );
    assert_eq!(
        nanos(&set(&[("input", "1"), ("output", "1")]).charge(&used(stated))),
        Some(1_000_000)
    );
}

fn some_tokens() -> impl Strategy<Value = Tokens> {
    let count = 0_u64..2_000_000;
    (
        count.clone(),
        count.clone(),
        count.clone(),
        count.clone(),
        count.clone(),
        count.clone(),
        count,
    )
        .prop_map(
            |(input, cached_input, cache_write_5m, cache_write_1h, output, reasoning, audio)| {
                Tokens {
                    input,
                    cached_input,
                    cache_write_5m,
                    cache_write_1h,
                    output,
                    reasoning,
                    units: BTreeMap::from([("audio_input_tokens".to_owned(), audio)]),
                }
            },
        )
}

proptest! {
    #[test]
    fn every_token_is_priced_exactly_once(tokens in some_tokens()) {
        // With one price for everything, the split into parts cannot matter.
        let everything = set(&[
            ("input", "3"), ("output", "3"), ("cached_input", "3"), ("cache_write_5m", "3"),
            ("cache_write_1h", "3"), ("reasoning", "3"), ("audio_input_tokens", "3"),
        ]);
        let expected = i64::try_from(tokens.total() * 3000).expect("small");
        prop_assert_eq!(nanos(&everything.price(None, &tokens, None)), Some(expected));
    }

    #[test]
    fn the_price_lies_between_the_cheapest_and_the_dearest(tokens in some_tokens()) {
        let pricing = set(&[
            ("input", "2"), ("output", "8"), ("cached_input", "1"), ("cache_write_5m", "2.5"),
            ("cache_write_1h", "4"), ("reasoning", "7"), ("audio_input_tokens", "5"),
        ]);
        let cost = nanos(&pricing.price(None, &tokens, None)).expect("a price");
        let (input, output) = (i64::try_from(tokens.input).expect("small"), i64::try_from(tokens.output).expect("small"));
        prop_assert!(cost >= input * 1000 + output * 7000);
        prop_assert!(cost <= input * 5000 + output * 8000);
    }

    #[test]
    fn a_call_is_rounded_once(tokens in some_tokens(), nanos_per_million in 0_i64..5_000_000) {
        let price = UnitPrice::from_nanos_per_million(nanos_per_million);
        let pricing = Pricing::set(Card::new(&Prices::from([
            ("input".to_owned(), price), ("output".to_owned(), price),
        ])));
        let exact = i128::from(tokens.total()) * i128::from(nanos_per_million);
        let cost = i128::from(nanos(&pricing.price(None, &tokens, None)).expect("a price")) * 1_000_000;
        prop_assert!((cost - exact).abs() <= 500_000);
    }
}
