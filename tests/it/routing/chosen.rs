//! Who is chosen: by the conversation, by the caller, and by what is only observed.

use manti::models::api_key::Rules;

use super::*;

async fn say(route: &Route, client: &Client, messages: Value) -> (String, Vec<String>) {
    let request = json!({"model": "m", "messages": messages});
    served(route, client, &request).await
}

/// Who served a call, and the flags of its record.
async fn served(route: &Route, client: &Client, request: &Value) -> (String, Vec<String>) {
    let answer = client.chat(request).await;
    assert_eq!(answer.status, 200);
    let provider = answer.header("x-manti-provider").to_owned();
    let record = route.manti.record(&answer.id()).await;
    let flags = record["flags"].as_array().unwrap().iter();
    (
        provider,
        flags
            .map(|flag| flag.as_str().unwrap().to_owned())
            .collect(),
    )
}

#[tokio::test]
async fn a_conversation_stays_where_it_was() {
    let model = "affinity = true\ntargets = [{ provider = \"one\" }, { provider = \"two\" }, { provider = \"three\" }]";
    let route = Route::new(model, |_, _, asked| yes(asked)).await;
    let mut places = std::collections::BTreeSet::new();
    for conversation in 0..12 {
        let first = json!({"role": "user", "content": format!("question {conversation}")});
        let (place, _) = say(&route, &route.client, json!([first])).await;
        for turn in 1..4 {
            let more = json!([first, {"role": "assistant", "content": "yes"}, {"role": "user", "content": turn.to_string()}]);
            assert_eq!(
                say(&route, &route.client, more).await.0,
                place,
                "{conversation}/{turn}"
            );
        }
        places.insert(place);
    }
    assert!(places.len() > 1, "all went to {places:?}");
}

#[tokio::test]
async fn what_is_observed_is_told_and_not_followed() {
    let target = "strategy = \"priority\"\ntargets = [{ provider = \"one\", observe = true }, { provider = \"two\" }]";
    let route = Route::new(target, |_, _, asked| yes(asked)).await;
    let hello = json!([{"role": "user", "content": "hello"}]);
    let (place, flags) = say(&route, &route.client, hello.clone()).await;
    assert_eq!(
        (place.as_str(), flags),
        ("two", vec!["would_route:one/m".to_owned()])
    );
    assert_eq!(route.asked().await, ["two"]);

    let table = "targets = [{ provider = \"one\" }]\n[models.\"two/m\"]\nobserve = true\n\
        strategy = \"priority\"\ntargets = [{ provider = \"three\" }, { provider = \"one\" }]";
    let route = Route::new(table, |_, _, asked| yes(asked)).await;
    let request = json!({"model": "two/m", "messages": hello});
    let (place, flags) = served(&route, &route.client, &request).await;
    assert_eq!(
        (place.as_str(), flags),
        ("two", vec!["would_route:three/two/m".to_owned()])
    );
}

#[tokio::test]
async fn a_key_s_routes_say_what_a_name_stands_for() {
    let model =
        "targets = [{ provider = \"one\" }]\n[models.n]\ntargets = [{ provider = \"two\" }]";
    let route = Route::new(model, |_, _, asked| yes(asked)).await;
    let rules = |rules: Value| -> Rules { serde_json::from_value(rules).unwrap() };
    let ask = async |rules: Rules, name: &str| {
        let client = route.manti.ruled(rules).await;
        let request = spoken::request(Wire::Chat, name, false);
        let answer = client.chat(&request).await;
        let provider = answer.header("x-manti-provider").to_owned();
        (answer.status, provider, answer.id())
    };
    let (status, provider, id) = ask(rules(json!({"routes": {"default": "n"}})), "default").await;
    assert_eq!((status, provider.as_str()), (200, "two"));
    let record = route.manti.record(&id).await;
    assert_eq!(
        (&record["requested_model"], &record["provider"]),
        (&json!("default"), &json!("two"))
    );
    // The exact name goes before the pattern.
    let both = rules(json!({"routes": {"m": "n", "*": "m"}}));
    assert_eq!(ask(both.clone(), "m").await.1, "two");
    assert_eq!(ask(both, "whatever").await.1, "one");
    // A key may allow the name that it routes.
    let narrow = rules(json!({"routes": {"default": "n"}, "models": ["default"]}));
    assert_eq!(ask(narrow.clone(), "default").await.0, 200);
    assert_eq!(ask(narrow, "n").await.0, 403);
    let watched = rules(json!({"routes": {"m": "n"}, "observe_routes": true}));
    let (status, provider, id) = ask(watched, "m").await;
    assert_eq!((status, provider.as_str()), (200, "one"));
    let record = route.manti.record(&id).await;
    assert_eq!(record["flags"], json!(["would_route:two/n"]));
}

/// A gateway with two OpenAI accounts, each of which calls its answers by a name of its own and
/// knows no others'.
async fn accounts() -> (Upstream, Gateway, Client) {
    let upstream = Upstream::start(|asked| async move {
        let who = name(&asked.path).to_owned();
        let previous = asked.json()["previous_response_id"].clone();
        if !previous.is_null() && !previous.as_str().unwrap().starts_with(&who) {
            return no(asked, 400).await;
        }
        let mut answer = spoken::plain(Wire::Responses, "yes");
        answer["id"] = format!("{who}_{}", asked.json()["input"].as_str().unwrap()).into();
        if asked.json()["stream"] != true {
            return asked.json_answer(200, &answer).await;
        }
        let open = json!({"id": answer["id"], "status": "in_progress", "output": []});
        let events = [
            spoken::event(&json!({"type": "response.created", "response": open})),
            spoken::event(
                &json!({"type": "response.output_text.delta", "item_id": "i",
                "output_index": 0, "content_index": 0, "delta": "yes"}),
            ),
            spoken::event(&json!({"type": "response.completed", "response": answer})),
        ];
        asked.stream(&events).await
    })
    .await;
    let account = |name: &str| {
        format!(
            "[providers.{name}]\nkind = \"openai\"\napi_key = \"k\"\n\
             base_url = \"http://{}/{name}/v1\"\nprice = {{ input = \"1\", output = \"2\" }}\n",
            upstream.address
        )
    };
    let settings = format!(
        "{}{}[models.m]\ntargets = [{{ provider = \"one\" }}, {{ provider = \"two\" }}]\n",
        account("one"),
        account("two")
    );
    let manti = Gateway::start(&settings).await;
    let client = manti.client().await;
    (upstream, manti, client)
}

#[tokio::test]
async fn an_answer_that_is_referred_to_is_asked_of_whoever_keeps_it() {
    let (_upstream, _manti, client) = accounts().await;
    let mut places = std::collections::BTreeSet::new();
    for conversation in 0..12 {
        let mut place = None;
        let mut previous = Value::Null;
        for turn in 0..4 {
            let stream = (conversation + turn) % 2 == 1;
            let input = format!("{conversation}_{turn}");
            let request = json!({"model": "m", "stream": stream, "input": input,
                "previous_response_id": previous});
            let answer = client.responses(&request).await;
            assert_eq!(answer.status, 200, "{conversation}/{turn}");
            let provider = answer.header("x-manti-provider").to_owned();
            assert_eq!(*place.get_or_insert(provider.clone()), provider);
            answer.text().await;
            previous = format!("{provider}_{input}").into();
        }
        places.extend(place);
    }
    assert!(places.len() > 1, "all went to {places:?}");
}

#[tokio::test]
async fn the_same_question_is_no_conversation_yet() {
    let (_upstream, _manti, client) = accounts().await;
    let mut places = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let answer = client.responses(&json!({"model": "m", "input": "a"})).await;
        places.insert(answer.header("x-manti-provider").to_owned());
    }
    assert_eq!(places.len(), 2, "shares go by the weights");
}
