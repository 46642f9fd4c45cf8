use super::*;
use crate::models::clock::Clock;
use crate::models::usage::{Source, Status, Tokens};

fn record(model: &str) -> Record {
    Record {
        request_id: "req_1".into(),
        created_at: Clock::system().now(),
        user_id: "usr_1".into(),
        account_id: "acc_1".into(),
        key_id: None,
        team_id: None,
        end_user: None,
        tags: BTreeMap::new(),
        endpoint: "chat.completions".into(),
        requested_model: "whatever".into(),
        provider: "metered".into(),
        model: model.into(),
        status: Status::Ok,
        http_status: 200,
        stream: false,
        attempts: 1,
        trace: Vec::new(),
        tokens: Tokens {
            input: 3,
            ..Tokens::default()
        },
        cost: Some(Money::from_nanos(1)),
        stated_cost: None,
        price: None,
        prices: BTreeMap::new(),
        price_source: "none".into(),
        usage_source: Source::Provider,
        flags: Vec::new(),
        latency_ms: 12,
        ttft_ms: None,
        error_code: None,
    }
}

#[test]
fn a_model_that_nobody_configured_adds_no_label() {
    know_models(["known-model".to_owned()]);
    call(&record("known-model"));
    for junk in 0..50 {
        call(&record(&format!("junk-{junk}")));
    }
    let text = render();
    assert!(!text.contains("junk-"), "{text}");
    let cost = format!(
        "{}{{provider=\"metered\",model=\"{OTHER}\"}} 0.000000050",
        names::COST
    );
    assert!(text.contains(&cost), "{text}");
    assert!(
        text.contains(
            "manti_tokens_total{provider=\"metered\",model=\"known-model\",kind=\"input\"} 3"
        ),
        "{text}"
    );
    assert!(
        text.contains("manti_call_duration_seconds_bucket"),
        "{text}"
    );
}

#[test]
fn a_dated_model_counts_as_the_one_that_is_known() {
    know_models(["known-dated".to_owned()]);
    for name in ["known-dated-2026-11-21", "known-dated-20261121"] {
        call(&record(name));
    }
    let text = render();
    assert!(
        text.contains(
            "manti_tokens_total{provider=\"metered\",model=\"known-dated\",kind=\"input\"} 6"
        ),
        "{text}"
    );
    for plain in [
        "gpt-4o",
        "2026-11-21",
        "-20261121",
        "x-2026-11-2x",
        "é-20261121",
    ] {
        let kept = undated(plain) == plain;
        assert_eq!(kept, plain != "é-20261121", "{plain}");
    }
}

#[test]
fn a_code_that_is_not_the_contracts_counts_as_other() {
    assert_eq!(bounded_code(Some("invalid_api_key")), "invalid_api_key");
    assert_eq!(bounded_code(Some("whatever a provider says")), OTHER);
    assert_eq!(bounded_code(None), "none");
}
