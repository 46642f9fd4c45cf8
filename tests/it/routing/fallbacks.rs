//! Other models in the place of one: when, in which order, and by whose limits and prices.

use super::*;

#[tokio::test]
async fn other_models_serve_what_the_targets_cannot() {
    let model = "targets = [{ provider = \"one\" }]\nfallbacks = [\"n\"]\nmax_attempts = 1\n\
                 [models.n]\ntargets = [{ provider = \"two\" }]\nfallbacks = [\"o\"]\n\
                 [models.o]\ntargets = [{ provider = \"three\", model = \"last\" }]";
    let route = Route::new(model, |who, _, asked| async move {
        if who == "three" {
            yes(asked).await
        } else {
            no(asked, 500).await
        }
    })
    .await;
    let answer = route.ask(false).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-manti-provider"), "three");
    assert_eq!(answer.header("x-manti-model"), "last");
    let id = answer.id();
    let record = route.manti.record(&id).await;
    assert_eq!(
        (&record["requested_model"], &record["provider"]),
        (&json!("m"), &json!("three"))
    );
    let sent: Vec<Value> = route
        .upstream
        .seen()
        .await
        .iter()
        .map(crate::support::socket::Seen::json)
        .collect();
    let models: Vec<&Value> = sent.iter().map(|body| &body["model"]).collect();
    assert_eq!(models, ["m", "n", "n", "n", "last"]);
}

#[tokio::test]
async fn a_prompt_that_is_too_long_or_unwelcome_goes_where_it_was_said() {
    let model = "targets = [{ provider = \"one\" }]\ncontext_window_fallbacks = [\"long\"]\n\
                 content_policy_fallbacks = [\"open\"]\nfallbacks = [\"open\"]\n\
                 [models.long]\ntargets = [{ provider = \"two\" }]\n\
                 [models.open]\ntargets = [{ provider = \"three\" }]";
    for (error, served) in [
        (
            json!({"message": "too long", "code": "context_length_exceeded"}),
            "two",
        ),
        (
            json!({"message": "flagged", "code": "content_policy_violation"}),
            "three",
        ),
    ] {
        let route = Route::new(model, move |who, _, asked| {
            let error = error.clone();
            async move {
                if who == "one" {
                    return asked.json_answer(400, &json!({"error": error})).await;
                }
                yes(asked).await
            }
        })
        .await;
        let answer = route.ask(false).await;
        assert_eq!(
            (answer.status, answer.header("x-manti-provider")),
            (200, served)
        );
        assert_eq!(route.asked().await, ["one", served]);
    }
}

#[tokio::test]
async fn without_such_models_the_provider_s_words_are_told() {
    let model = "targets = [{ provider = \"one\" }]\nfallbacks = [\"n\"]\n\
                 [models.n]\ntargets = [{ provider = \"two\" }]";
    let route = Route::new(model, |_, _, asked| async move {
        let error = json!({"message": "too long", "code": "context_length_exceeded"});
        asked.json_answer(400, &json!({"error": error})).await
    })
    .await;
    let answer = route.ask(false).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json().await["error"]["code"],
        "context_length_exceeded"
    );
    assert_eq!(route.asked().await, ["one"]);
}

#[tokio::test]
async fn whatever_is_too_long_goes_there_however_many_they_are() {
    let model = "targets = [{ provider = \"one\" }]\ncontext_window_fallbacks = [\"long\"]\n\
                 [models.long]\ntargets = [{ provider = \"two\" }]";
    let route = Route::new(model, |who, _, asked| async move {
        if who == "two" {
            return yes(asked).await;
        }
        let error = json!({"message": "too long", "code": "context_length_exceeded"});
        asked.json_answer(400, &json!({"error": error})).await
    })
    .await;
    for call in 0..100 {
        assert_eq!(route.ask(false).await.status, 200, "{call}");
    }
}

#[tokio::test]
async fn a_model_that_took_another_s_place_has_its_own_for_what_it_cannot() {
    let model = "targets = [{ provider = \"one\" }]\nfallbacks = [\"n\"]\nmax_attempts = 1\n\
                 [models.n]\ntargets = [{ provider = \"two\" }]\n\
                 context_window_fallbacks = [\"long\"]\n\
                 [models.long]\ntargets = [{ provider = \"three\" }]";
    let route = Route::new(model, |who, _, asked| async move {
        match who.as_str() {
            "one" => no(asked, 500).await,
            "two" => {
                let error = json!({"message": "too long", "code": "context_length_exceeded"});
                asked.json_answer(400, &json!({"error": error})).await
            }
            _ => yes(asked).await,
        }
    })
    .await;
    assert_eq!(route.ask(false).await.status, 200);
    assert_eq!(route.asked().await, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_model_without_a_price_takes_no_place_where_such_are_blocked() {
    let settings = "[billing]\nunknown_price = \"block\"";
    let model = "targets = [{ provider = \"one\" }]\nfallbacks = [\"n\"]\nmax_attempts = 1\n\
                 [models.n]\ntargets = [{ provider = \"unpriced\" }]\n\
                 [providers.unpriced]\nkind = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key = \"k\"";
    let route = Route::with(settings, model, |_, _, asked| no(asked, 500)).await;
    let answer = route.ask(false).await;
    assert_eq!(
        (answer.status, answer.header("x-manti-attempts")),
        (502, "1")
    );
}

#[tokio::test]
async fn whoever_takes_a_place_keeps_its_own_limits() {
    let model = "targets = [{ provider = \"one\" }]\nfallbacks = [\"n\"]\nmax_attempts = 1\nbreaker = false\n\
                 [models.n]\ntargets = [{ provider = \"two\" }]\nlimits = { rpm = 5 }";
    let route = Route::new(model, |who, _, asked| async move {
        if who == "two" {
            yes(asked).await
        } else {
            no(asked, 500).await
        }
    })
    .await;
    let mut answered = 0;
    for _ in 0..12 {
        answered += u32::from(route.ask(false).await.status == 200);
    }
    assert_eq!(answered, 5);
    let asked = route.asked().await;
    assert_eq!(asked.iter().filter(|who| *who == "two").count(), 5);
    // Its own callers have used it up as well.
    let request = spoken::request(Wire::Chat, "n", false);
    assert_eq!(route.client.chat(&request).await.status, 429);
}

#[tokio::test]
async fn a_call_that_nobody_may_be_asked_for_costs_no_limit() {
    let route = Route::new(PRIORITY, |_, _, asked| no(asked, 502)).await;
    while route.ask(false).await.status == 502 {}
    let client = route.manti.limited(&json!({"rpm": 3, "tpm": 5000})).await;
    let request = spoken::request(Wire::Chat, "m", false);
    for _ in 0..10 {
        let answer = client.chat(&request).await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("x-ratelimit-remaining-requests"), "3");
    }
}

#[tokio::test]
async fn no_time_for_another_try_is_time_for_another_model() {
    let model = "targets = [{ provider = \"two\" }]\nfallbacks = [\"n\"]\ntotal_timeout = \"2s\"\n\
                 [models.n]\ntargets = [{ provider = \"three\" }]";
    let route = Route::new(model, |who, _, asked| async move {
        if who == "two" {
            return asked.answer(503, &[("retry-after", "3")], "{}").await;
        }
        yes(asked).await
    })
    .await;
    assert_eq!(route.ask(false).await.status, 200);
}

#[tokio::test]
async fn a_model_s_limits_hold_under_its_provider_s_name_too() {
    let model = "targets = [{ provider = \"one\" }]\nlimits = { rpm = 2 }";
    let route = Route::new(model, |_, _, asked| yes(asked)).await;
    let ask = async |client: &Client, name: &str| {
        let request = spoken::request(Wire::Chat, name, false);
        client.chat(&request).await.status
    };
    assert_eq!(ask(&route.client, "m").await, 200);
    assert_eq!(ask(&route.client, "one/m").await, 200);
    assert_eq!(ask(&route.client, "one/m").await, 429);
    assert_eq!(ask(&route.client, "m").await, 429);
    // Another provider's model of the same name has limits of its own.
    assert_eq!(ask(&route.client, "two/m").await, 200);

    let rules = json!({"model_limits": {"dear*": {"rpm": 1}}});
    let client = route
        .manti
        .ruled(serde_json::from_value(rules).unwrap())
        .await;
    assert_eq!(ask(&client, "one/dear").await, 200);
    assert_eq!(ask(&client, "two/dear").await, 429);
}
