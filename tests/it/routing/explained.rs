//! What is told of where a call would go is where it goes.

use super::*;

impl Route {
    async fn explain(&self, question: &Value) -> Value {
        let path = "/api/v1/routes/explain";
        let answer = self.client.post(path, &[], question.to_string()).await;
        assert_eq!(answer.status, 200);
        answer.json().await
    }
}

/// The providers of some targets.
fn providers(targets: &Value) -> Vec<&str> {
    let targets = targets.as_array().unwrap().iter();
    targets
        .map(|target| target["provider"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn what_has_one_order_is_asked_in_that_order() {
    for (strategy, order) in [
        ("priority", ["three", "one", "two"]),
        ("least-busy", ["three", "one", "two"]),
        ("least-cost", ["two", "three", "one"]),
    ] {
        let model = format!(
            "strategy = \"{strategy}\"\ntargets = [{{ provider = \"three\" }}, {{ provider = \"one\" }}, \
             {{ provider = \"two\" }}]\nmax_attempts = 3\nbreaker = false\nretry_budget = 1\n\
             [models.cheap]\ntargets = [{{ provider = \"two\" }}]\n"
        );
        let model = if strategy == "least-cost" {
            // What a provider costs that nothing else prices.
            model.replace(
                "provider = \"two\" }]\nmax",
                "provider = \"two\", model = \"cheap\" }]\nmax",
            ) + "price = { input = \"0.1\", output = \"0.1\" }"
        } else {
            model
        };
        let route = Route::new(&model, |_, _, asked| no(asked, 500)).await;
        let explained = route.explain(&json!({"model": "m"})).await;
        assert_eq!(
            providers(&explained["order"]),
            order,
            "{strategy}: {explained}"
        );
        assert_eq!(explained["order"][0]["share"], 1.0);
        for call in 1..=20 {
            assert_eq!(route.ask(false).await.status, 502);
            let asked = route.asked().await;
            assert_eq!(asked[(call - 1) * 3..], order, "{strategy}");
        }
    }
}

#[tokio::test]
async fn what_chance_decides_has_the_shares_that_are_told() {
    let model = "targets = [{ provider = \"one\", weight = 5 }, { provider = \"two\", weight = 3 }, \
                 { provider = \"three\", weight = 2 }]";
    let route = Route::new(model, |_, _, asked| yes(asked)).await;
    let explained = route.explain(&json!({"model": "m"})).await;
    assert_eq!(providers(&explained["order"]), ["one", "two", "three"]);
    for _ in 0..1000 {
        assert_eq!(route.ask(false).await.status, 200);
    }
    let asked = route.asked().await;
    let chi: f64 = explained["order"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seat| {
            let wanted = seat["share"].as_f64().unwrap() * 1000.0;
            let found = asked
                .iter()
                .filter(|who| seat["provider"] == who.as_str())
                .count();
            let found = f64::from(u32::try_from(found).unwrap());
            (found - wanted).powi(2) / wanted
        })
        .sum();
    // With two degrees of freedom, one in ten thousand is above 18.4.
    assert!(chi < 18.4, "{chi}: {explained}");
}

#[tokio::test]
async fn whoever_is_out_is_told_with_the_reason() {
    let model = "strategy = \"priority\"\nfallbacks = [\"n\"]\nlimits = { rpm = 7 }\n\
                 targets = [{ provider = \"one\" }, { provider = \"two\", when = { region = \"eu\" } }, \
                 { provider = \"three\", observe = true }]\n\
                 [models.n]\ntargets = [{ provider = \"two\" }]";
    let route = Route::new(model, |_, _, asked| no(asked, 502)).await;
    let explained = route
        .explain(&json!({"model": "m", "tokens": 100, "max_output": 50}))
        .await;
    assert_eq!(providers(&explained["order"]), ["one"]);
    assert_eq!(providers(&explained["out"]), ["two", "three"]);
    assert_eq!(providers(&explained["fallbacks"][0]["order"]), ["two"]);
    assert_eq!(explained["fallbacks"][0]["on"], "failure");
    // 100 tokens at 1 dollar a million, and 50 at 2.
    assert_eq!(
        explained["estimated_cost_usd"], "0.000200000",
        "{explained}"
    );
    let limit = &explained["limits"][0];
    assert_eq!(
        (
            &limit["scope"],
            &limit["measure"],
            &limit["limit"],
            &limit["passes"]
        ),
        (&json!("model:m"), &json!("rpm"), &json!(7), &json!(true))
    );
    let tagged = route
        .explain(&json!({"model": "m", "tags": {"region": "eu"}}))
        .await;
    assert_eq!(providers(&tagged["order"]), ["two"]);
    // Nothing was asked, and nothing taken.
    assert_eq!(route.asked().await.len(), 0);
    assert_eq!(
        route.explain(&json!({"model": "m"})).await["limits"][0]["remaining"],
        7
    );
    for _ in 0..5 {
        route.ask(false).await;
    }
    let later = route.explain(&json!({"model": "m"})).await;
    let reasons = later["out"].to_string();
    assert!(reasons.contains("it keeps failing"), "{later}");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_by_its_field() {
    let route = Route::new("targets = [{ provider = \"one\" }]", |_, _, asked| {
        yes(asked)
    })
    .await;
    for (question, field, status) in [
        (json!({}), "model", 400),
        (json!({"model": "m", "tokens": -1}), "tokens", 400),
        (json!({"model": "m", "token": 1}), "token", 400),
        (json!({"model": "nobody"}), "model", 404),
        (json!({"model": "m", "key_id": "key_none"}), "", 404),
    ] {
        let path = "/api/v1/routes/explain";
        let answer = route.client.post(path, &[], question.to_string()).await;
        assert_eq!(answer.status, status, "{question}");
        let body = answer.json().await;
        if !field.is_empty() {
            assert_eq!(body["error"]["param"], field, "{question}: {body}");
        }
    }
}

#[tokio::test]
async fn the_others_of_others_are_named_in_the_order_of_a_call() {
    let model = "targets = [{ provider = \"one\" }]\nfallbacks = [\"a\", \"b\"]\nmax_attempts = 1\n\
                 [models.a]\ntargets = [{ provider = \"two\" }]\nfallbacks = [\"c\", \"b\"]\nmax_attempts = 1\n\
                 [models.b]\ntargets = [{ provider = \"three\" }]\nmax_attempts = 1\n\
                 [models.c]\ntargets = [{ provider = \"one\", model = \"c1\" }]\nmax_attempts = 1";
    let route = Route::new(model, |_, _, asked| no(asked, 500)).await;
    let explained = route.explain(&json!({"model": "m"})).await;
    let fallbacks = explained["fallbacks"].as_array().unwrap().iter();
    let named: Vec<&str> = fallbacks
        .map(|fallback| fallback["model"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["a", "c", "b"], "{explained}");
    assert_eq!(route.ask(false).await.status, 502);
    assert_eq!(route.asked().await, ["one", "two", "one", "three"]);
}
