//! What was used.

use manti::config::Config;
use manti::models::clock::Timestamp;
use manti::models::money::Money;
use manti::models::usage::{Cursor, Record, Source, Status, Tokens};
use manti::store::Store;
use serde_json::Value;

use super::{keys, with_user};
use crate::support::command::Place;

#[test]
fn an_empty_report_has_its_shape() {
    let place = with_user();
    let report = place.run(&["usage", "report", "--by", "user"]).json();
    assert_eq!(keys(&report), ["data", "total"]);
    assert_eq!(report["data"], serde_json::json!([]));
    assert_eq!(
        keys(&report["total"]),
        [
            "requests",
            "errors",
            "unpriced",
            "input_tokens",
            "cached_input_tokens",
            "output_tokens",
            "cost_usd",
            "price_usd"
        ]
    );
    assert_eq!(report["total"]["price_usd"], "0.000000000");
    for by in [
        "key", "model", "provider", "day", "hour", "endpoint", "end_user", "tag:team",
    ] {
        assert_eq!(place.run(&["usage", "report", "--by", by]).code, 0, "{by}");
    }
    assert_eq!(place.run(&["usage", "list"]).json(), serde_json::json!([]));
    assert_eq!(place.run(&["usage", "list", "--limit", "0"]).stdout, "[]\n");
}

/// Records calls of a user, as the recorder does.
async fn record(place: &Place, user: &Value, records: &[(&str, &str, Status)]) {
    let config = Config::defaults(place.path().join("data"));
    let store = Store::open(&config).unwrap();
    let text = |name: &str| user[name].as_str().unwrap().into();
    let records: Vec<Record> = records
        .iter()
        .map(|(id, created_at, status)| Record {
            request_id: (*id).into(),
            created_at: created_at.parse::<Timestamp>().unwrap(),
            user_id: text("id"),
            account_id: text("account_id"),
            key_id: None,
            team_id: None,
            end_user: Some("end".to_owned()),
            tags: [("team".to_owned(), "blue".to_owned())].into(),
            endpoint: "chat.completions".into(),
            requested_model: "default".into(),
            provider: "demo".into(),
            model: "demo/echo".into(),
            status: *status,
            http_status: 200,
            stream: true,
            attempts: 1,
            trace: Vec::new(),
            tokens: Tokens {
                input: 1200,
                cached_input: 1024,
                cache_write_5m: 3,
                cache_write_1h: 4,
                output: 85,
                ..Tokens::default()
            },
            cost: Some(Money::from_nanos(2_570_000)),
            stated_cost: None,
            price: Some(Money::from_nanos(3_084_000)),
            prices: [("input".to_owned(), "2.50".parse().unwrap())].into(),
            price_source: "book:2026-11-01".into(),
            usage_source: Source::Provider,
            flags: Vec::new(),
            latency_ms: 912,
            ttft_ms: Some(244),
            error_code: None,
        })
        .collect();
    let cursor = Cursor {
        segment: 1,
        offset: 1,
    };
    store.record_batch("r1", cursor, &records).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn what_was_used_is_listed_shown_and_summed_up() {
    let place = with_user();
    let user = place.run(&["user", "show", "ada@example.com"]).json();
    let records = [
        ("req_1", "2026-11-20T23:59:59.5Z", Status::Ok),
        ("req_2", "2026-11-21T10:00:00.123456Z", Status::Ok),
        ("req_3", "2026-11-22T00:00:00Z", Status::Error),
    ];
    record(&place, &user, &records).await;

    let mut shown = place.run(&["usage", "show", "req_2"]).json();
    let trace = shown.as_object_mut().unwrap().remove("trace");
    assert_eq!(
        trace.unwrap(),
        serde_json::json!([{
            "provider": "demo", "model": "demo/echo", "credential": 1, "status": 200,
            "outcome": "ok", "wait_ms": 0, "latency_ms": 912, "ttft_ms": 244,
            "cost_usd": "0.002570000",
        }])
    );
    assert_eq!(
        shown,
        serde_json::json!({
            "request_id": "req_2", "created_at": "2026-11-21T10:00:00.123456Z",
            "user": "ada@example.com", "key_id": null, "team": null, "end_user": "end",
            "tags": {"team": "blue"}, "endpoint": "chat.completions",
            "requested_model": "default", "provider": "demo", "model": "demo/echo",
            "status": "ok", "http_status": 200, "stream": true, "attempts": 1,
            "input_tokens": 1200, "cached_input_tokens": 1024, "cache_write_tokens": 7,
            "output_tokens": 85, "reasoning_tokens": 0, "units": {},
            "cost_usd": "0.002570000", "stated_cost_usd": null, "price_usd": "0.003084000",
            "prices": {"input": "2.50"}, "price_source": "book:2026-11-01",
            "usage_source": "provider", "flags": [], "latency_ms": 912, "ttft_ms": 244,
            "error_code": null,
        })
    );
    let ids = |arguments: &[&str]| {
        let list = place.run(arguments).json();
        let list = list.as_array().unwrap().clone();
        let id = |record: &Value| record["request_id"].as_str().unwrap().to_owned();
        list.iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["usage", "list"]), ["req_3", "req_2", "req_1"]);
    assert_eq!(ids(&["usage", "list", "--limit", "2"]), ["req_3", "req_2"]);
    assert_eq!(ids(&["usage", "list", "--limit", "0"]).len(), 3);
    assert_eq!(ids(&["usage", "list", "--request", "req_1"]), ["req_1"]);
    assert_eq!(
        ids(&["usage", "list", "--user", "nobody@example.com"]).len(),
        0
    );
    assert_eq!(
        ids(&[
            "usage",
            "list",
            "--from",
            "2026-11-21",
            "--to",
            "2026-11-21"
        ]),
        ["req_2"],
        "a day is taken whole"
    );
    let csv = place.run(&["usage", "list", "-o", "csv"]).stdout;
    assert_eq!(csv.lines().count(), 4);
    assert!(
        csv.starts_with("request_id,created_at,user,key_id,"),
        "{csv}"
    );

    let report = place.run(&["usage", "report", "--by", "day"]).json();
    assert_eq!(report["data"][0]["group"], "2026-11-20");
    assert_eq!(report["data"].as_array().unwrap().len(), 3);
    assert_eq!(report["total"]["requests"], 3);
    assert_eq!(report["total"]["errors"], 1);
    assert_eq!(report["total"]["price_usd"], "0.009252000");
    let table = place
        .run(&["usage", "report", "--by", "tag:team", "-o", "table"])
        .stdout;
    let last = table.lines().last().unwrap();
    assert!(
        table.contains("blue") && last.starts_with("total"),
        "{table}"
    );
    assert!(last.ends_with("0.009252"), "{table}");
}
