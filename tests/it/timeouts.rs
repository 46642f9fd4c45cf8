//! Providers that say nothing, too little or without end: given up in time.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::recorded::Wire;
use crate::support::scene::Scene;
use crate::support::spoken::{self, End, PAIRS};

#[tokio::test]
async fn a_provider_that_says_nothing_is_given_up_in_time() {
    for (client, provider) in PAIRS {
        // Nothing at all, headers alone, half an answer.
        for (stream, sends) in [(false, 0), (false, 1), (false, 2), (true, 0), (true, 1)] {
            let settings = "[upstream]\nfirst_token_timeout = \"300ms\"\nidle_timeout = \"300ms\"";
            let scene = Scene::with(settings, move |mut asked| async move {
                match (stream, sends) {
                    (true, 1) => asked.begin().await?,
                    (false, 1 | 2) => {
                        asked
                            .raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
                            .await?;
                        asked.raw("content-length: 100\r\n\r\n").await?;
                        if sends == 2 {
                            asked.raw("{\"id\":").await?;
                        }
                    }
                    _ => {}
                }
                asked.left().await;
                asked.close()
            })
            .await;
            let began = Instant::now();
            let answer = scene.ask(client, provider, stream).await;
            let (id, status) = (answer.id(), answer.status);
            let text = answer.text().await;
            let waited = began.elapsed();
            let at = format!("{client:?} at {provider:?}, {stream} {sends}: {text}");
            assert!(waited > Duration::from_millis(250), "{waited:?} {at}");
            assert!(waited < Duration::from_secs(3), "{waited:?} {at}");
            if status == 200 {
                assert!(matches!(spoken::end(client, &text), End::Error(..)), "{at}");
            } else {
                assert_eq!(status, 504, "{at}");
                assert!(
                    text.contains("upstream_timeout") || client == Wire::Messages,
                    "{at}"
                );
            }
            let record = scene.record(&id).await;
            assert_eq!(record["status"], "error", "{at}");
            // The provider got the whole request and may charge for it.
            assert_eq!(record["cost_usd"], serde_json::Value::Null, "{at}");
            assert_eq!(record["price_usd"], "0.000000000", "{at}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_broken_off() {
    for (client, provider) in PAIRS {
        let settings = "[upstream]\nidle_timeout = \"300ms\"";
        let scene = Scene::with(settings, move |mut asked| async move {
            let spoken = spoken::stream(provider, &["The sea "]);
            asked.begin().await?;
            asked
                .piece([spoken.begin, spoken.words.concat()].concat())
                .await?;
            asked.left().await;
            asked.close()
        })
        .await;
        let began = Instant::now();
        let answer = scene.ask(client, provider, true).await;
        let id = answer.id();
        let text = answer.text().await;
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        assert!(
            matches!(spoken::end(client, &text), End::Error(..)),
            "{text}"
        );
        assert_eq!(spoken::text(client, &text), "The sea ");
        assert!(
            text.contains("stream_interrupted") || client == Wire::Messages,
            "{text}"
        );
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "error");
        assert_eq!(record["error_code"], "stream_interrupted");
        assert!(record["output_tokens"].as_u64().unwrap() > 0, "{record}");
    }
}

#[tokio::test]
async fn a_stream_that_never_ends_is_broken_off_at_the_total_limit() {
    for (client, provider) in PAIRS {
        let settings = "[upstream]\ntotal_timeout = \"500ms\"";
        let scene = Scene::with(settings, move |mut asked| async move {
            let spoken = spoken::stream(provider, &["sea "]);
            asked.begin().await?;
            asked.piece(spoken.begin).await?;
            loop {
                asked.piece(&spoken.words[0]).await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let began = Instant::now();
        let answer = scene.ask(client, provider, true).await;
        let text = answer.text().await;
        let waited = began.elapsed();
        assert!(waited > Duration::from_millis(450), "{waited:?}");
        assert!(waited < Duration::from_secs(3), "{waited:?}");
        assert!(
            matches!(spoken::end(client, &text), End::Error(..)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_stream_that_never_pauses_is_broken_off_at_the_total_limit() {
    let settings = "[upstream]\ntotal_timeout = \"500ms\"";
    let scene = Scene::with(settings, |mut asked| async move {
        let spoken = spoken::stream(Wire::Chat, &["sea "]);
        asked.begin().await?;
        asked.piece(spoken.begin).await?;
        // Always more to read than is written on.
        let many = spoken.words[0].repeat(500);
        loop {
            asked.piece(&many).await?;
        }
    })
    .await;
    let began = Instant::now();
    let mut answer = scene.ask(Wire::Chat, Wire::Chat, true).await;
    let id = answer.id();
    while answer.piece().await.is_some() {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "it goes on and on"
        );
    }
    assert!(String::from_utf8_lossy(&answer.read).contains("stream_interrupted"));
    let record = scene.record(&id).await;
    assert_eq!(record["error_code"], "stream_interrupted", "{record}");
}

#[tokio::test]
async fn what_drips_for_ever_is_given_up_at_the_total_limit() {
    for (sent, told) in [(500, 502), (200, 504)] {
        let settings = "[upstream]\ntotal_timeout = \"500ms\"";
        let scene = Scene::with(settings, move |mut asked| async move {
            asked
                .raw(format!(
                    "HTTP/1.1 {sent} .\r\ncontent-type: application/json\r\n"
                ))
                .await?;
            asked.raw("content-length: 100000\r\n\r\n").await?;
            loop {
                asked.raw(" ").await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let began = Instant::now();
        let answer = scene.ask(Wire::Chat, Wire::Chat, false).await;
        assert_eq!(answer.status, told, "{sent}");
        assert!(began.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn a_whole_answer_may_begin_as_late_as_a_stream() {
    let settings = "[upstream]\nfirst_token_timeout = \"3s\"\nidle_timeout = \"200ms\"";
    let scene = Scene::with(settings, |mut asked| async move {
        let body = spoken::plain(Wire::Chat, "yes").to_string();
        let length = body.len();
        asked
            .raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            .await?;
        asked
            .raw(format!("content-length: {length}\r\n\r\n"))
            .await?;
        tokio::time::sleep(Duration::from_millis(600)).await;
        asked.raw(body).await?;
        asked.close()
    })
    .await;
    let answer = scene.ask(Wire::Chat, Wire::Chat, false).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_provider_that_takes_no_connection_is_given_up_in_time() {
    // Connections beyond a full queue are left hanging.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
    socket.bind(&any.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut waiting = Vec::new();
    let full = loop {
        let connect = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(200), connect).await {
            Ok(Ok(connection)) if waiting.len() < 64 => waiting.push(connection),
            Ok(_) => break false,
            Err(_) => break true,
        }
    };
    assert!(full, "the queue takes {} connections", waiting.len());

    let settings = format!(
        "[upstream]\nconnect_timeout = \"300ms\"\n[providers.deaf]\n\
         kind = \"openai-compatible\"\nbase_url = \"http://{address}/v1\"\nmodels = [\"*\"]"
    );
    let scene = Scene::with(&settings, |asked| async move { asked.close() }).await;
    for stream in [false, true] {
        let began = Instant::now();
        let request = spoken::request(Wire::Chat, "deaf/model", stream);
        let answer = scene.client.chat(&request).await;
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(answer.status, 504);
        let id = answer.id();
        let error = answer.json().await["error"].clone();
        assert_eq!(error["code"], "upstream_timeout", "{error}");
        // Nothing was sent, so nothing is charged.
        assert_eq!(scene.record(&id).await["cost_usd"], "0.000000000");
    }
}

#[tokio::test]
async fn a_credential_that_does_not_come_is_given_up_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = format!(
        r#"
        [upstream]
        first_token_timeout = "300ms"
        [providers.azure]
        kind = "azure-openai"
        base_url = "http://127.0.0.1:9"
        authority = "http://{}"
        tenant_id = "t"
        client_id = "c"
        client_secret = "s"
        "#,
        silent.local_addr().unwrap()
    );
    let scene = Scene::with(&settings, |asked| async move { asked.close() }).await;
    let body = json!({"model": "azure/gpt-4o", "messages": [{"role": "user", "content": "hello"}]});
    let began = Instant::now();
    // Whoever waits for the same credential waits no longer.
    let (one, other) = tokio::join!(scene.client.chat(&body), scene.client.chat(&body));
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    for answer in [one, other] {
        assert_eq!(answer.status, 502);
        let text = answer.text().await;
        assert!(
            text.contains("its credential did not come in time"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_target_whose_credential_does_not_come_is_left_alone_for_a_while() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = format!(
        r#"
        [upstream]
        first_token_timeout = "200ms"
        retry_budget = 0
        [providers.azure]
        kind = "azure-openai"
        base_url = "http://127.0.0.1:9"
        authority = "http://{}"
        tenant_id = "t"
        client_id = "c"
        client_secret = "s"
        [providers.demo]
        kind = "demo"
        [models.m]
        strategy = "priority"
        targets = [{{ provider = "azure" }}, {{ provider = "demo", model = "demo" }}]
        "#,
        silent.local_addr().unwrap()
    );
    let scene = Scene::with(&settings, |asked| async move { asked.close() }).await;
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
    let mut attempts = Vec::new();
    for _ in 0..7 {
        let answer = scene.client.chat(&body).await;
        assert_eq!(answer.status, 200);
        attempts.push(answer.header("x-manti-attempts").to_owned());
    }
    assert_eq!(attempts, ["2", "2", "2", "2", "2", "1", "1"]);
}
