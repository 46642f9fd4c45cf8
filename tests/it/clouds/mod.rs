//! Providers at clouds, and those whose formats no client speaks, through the gateway: Ollama, Cohere,
//! Bedrock and Vertex, asked by clients of every dialect.

mod google;
mod said;
mod vertex;

use serde_json::{Value, json};

use self::said::{FRAMES, agreeable, claude_frames, converse_frames, frame, stream};

use crate::support::client::{Answer, Client};
use crate::support::command::Place;
use crate::support::gateway::Gateway;
use crate::support::process::Process;
use crate::support::recorded::Wire;
use crate::support::spoken::{End, end, request, text};
use crate::support::upstream::{Act, Seen, Upstream, answer, json as json_answer};

const KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A gateway in front of one provider that answers in all their formats.
struct Scene {
    upstream: Upstream,
    manti: Gateway,
    client: Client,
}

impl Scene {
    async fn new(script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let settings = |base: &str| {
            format!(
                r#"
            [providers.ollama]
            base_url = "{base}"
            models = ["*"]
            [providers.cohere]
            base_url = "{base}"
            api_key = "co-secret-key"
            models = ["*"]
            [providers.bedrock]
            base_url = "{base}"
            region = "eu-central-1"
            access_key_id = "AKIDEXAMPLE"
            secret_access_key = "{KEY}"
            models = ["*"]
            [providers.keyed]
            kind = "bedrock"
            base_url = "{base}"
            region = "eu-central-1"
            api_key = "ABSK-bedrock-key"
            models = ["*"]
            "#
            )
        };
        Self::with(script, settings).await
    }

    /// The same with providers of one's own, at the address that is given.
    async fn with(
        script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
        settings: impl Fn(&str) -> String,
    ) -> Self {
        let upstream = Upstream::start(script).await;
        let base = upstream.url().trim_end_matches("/v1").to_owned();
        let manti = Gateway::start(&settings(&base)).await;
        let client = manti.client().await;
        Self {
            upstream,
            manti,
            client,
        }
    }

    async fn ask(&self, client: Wire, model: &str, stream: bool) -> Answer {
        self.client
            .ask(client, &request(client, model, stream))
            .await
    }

    /// Asks and looks at what the client gets and what is recorded: 20 tokens read, 9 written.
    async fn expect(&self, client: Wire, model: &str, stream: bool) {
        let answer = self.ask(client, model, stream).await;
        let (status, id) = (answer.status, answer.id());
        let told = answer.text().await;
        assert_eq!(status, 200, "{model}, {client:?}, stream {stream}: {told}");
        if stream {
            assert_eq!(end(client, &told), End::Normal, "{model}: {told}");
            assert_eq!(text(client, &told), "Hello!", "{model}: {told}");
        } else {
            let object: Value = serde_json::from_str(&told).unwrap();
            let said = match client {
                Wire::Chat => &object["choices"][0]["message"]["content"],
                Wire::Messages => &object["content"][0]["text"],
                Wire::Responses => &object["output"][0]["content"][0]["text"],
                Wire::Gemini => &object["candidates"][0]["content"]["parts"][0]["text"],
            };
            assert_eq!(said, "Hello!", "{model}: {told}");
        }
        let record = self.manti.record(&id).await;
        assert_eq!(record["input_tokens"], 20, "{record}");
        assert_eq!(record["output_tokens"], 9, "{record}");
        assert_eq!(record["usage_source"], "provider", "{record}");
        assert_eq!(record["status"], "ok", "{record}");
        assert_eq!(record["flags"], json!([]), "{record}");
    }

    fn seen(&self) -> Seen {
        self.upstream.seen().pop().expect("the provider was asked")
    }
}

const CLIENTS: [Wire; 4] = Wire::ALL;
const CLAUDE: &str = "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

#[tokio::test]
async fn ollama_and_cohere_answer_clients_of_every_dialect() {
    let scene = Scene::new(agreeable).await;
    for client in CLIENTS {
        for stream in [false, true] {
            scene.expect(client, "ollama/qwen3:4b", stream).await;
            let seen = scene.seen();
            assert_eq!(seen.target, "/api/chat");
            assert_eq!(seen.header("authorization"), None);
            assert_eq!(seen.json()["model"], "qwen3:4b");
            assert_eq!(seen.json()["stream"], stream);
            scene
                .expect(client, "cohere/command-a-03-2025", stream)
                .await;
            let seen = scene.seen();
            assert_eq!(seen.target, "/v2/chat");
            assert_eq!(seen.header("authorization"), Some("Bearer co-secret-key"));
        }
    }
}

#[tokio::test]
async fn cohere_and_ollama_make_vectors_and_put_documents_in_order() {
    let scene = Scene::new(|seen| {
        let said = match seen.target.as_str() {
            "/v2/embed" => json!({"id": "i", "embeddings": {"float": [[0.5, -1]]},
                "meta": {"billed_units": {"input_tokens": 3}}}),
            "/api/embed" => json!({"model": "m", "embeddings": [[0.5, -1]],
                "prompt_eval_count": 3}),
            "/v2/rerank" => json!({"id": "i", "results": [{"index": 1, "relevance_score": 0.5}],
                "meta": {"billed_units": {"search_units": 1}}}),
            other => panic!("{other} was asked"),
        };
        json_answer(200, &said.to_string())
    })
    .await;
    for model in ["cohere/embed-v4.0", "ollama/nomic-embed-text"] {
        let asked = json!({"model": model, "input": "a"}).to_string();
        let answer = scene.client.post("/v1/embeddings", &[], asked).await;
        let (status, id) = (answer.status, answer.id());
        let told = answer.json().await;
        assert_eq!(status, 200, "{model}: {told}");
        assert_eq!(told["data"][0]["embedding"], json!([0.5, -1]), "{told}");
        assert_eq!(scene.manti.record(&id).await["input_tokens"], 3, "{model}");
    }
    let asked = json!({"model": "cohere/rerank-v4.0", "query": "q", "documents": ["a", "b"]});
    let answer = scene.client.post("/v1/rerank", &[], asked.to_string());
    let answer = answer.await;
    let (status, id) = (answer.status, answer.id());
    let told = answer.json().await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["results"][0]["index"], 1, "{told}");
    assert_eq!(
        scene.manti.record(&id).await["units"],
        json!({"searches": 1})
    );
    let refused = json!({"model": "bedrock/amazon.titan-embed-text-v2:0", "input": "a"});
    let refused = scene
        .client
        .post("/v1/embeddings", &[], refused.to_string())
        .await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn bedrocks_models_answer_clients_of_every_dialect_and_every_request_is_signed() {
    let scene = Scene::new(agreeable).await;
    let (nova, claude) = (
        "amazon.nova-lite-v1",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1",
    );
    for client in CLIENTS {
        for (stream, model, operation) in [
            (false, nova, "converse"),
            (true, nova, "converse-stream"),
            (false, claude, "invoke"),
            (true, claude, "invoke-with-response-stream"),
        ] {
            scene
                .expect(client, &format!("bedrock/{model}:0"), stream)
                .await;
            let seen = scene.seen();
            assert_eq!(seen.target, format!("/model/{model}%3A0/{operation}"));
            let signature = seen.header("authorization").unwrap_or_default();
            let scope =
                "/eu-central-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date";
            assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
            assert!(signature.contains(scope), "{signature}");
            assert!(seen.header("x-amz-date").is_some());
            let accept = if stream { FRAMES } else { "application/json" };
            assert_eq!(seen.header("accept"), Some(accept));
            let body = seen.json();
            assert_eq!(
                (&body["model"], &body["stream"]),
                (&Value::Null, &Value::Null)
            );
            let version = &body["anthropic_version"];
            assert_eq!(version == "bedrock-2023-05-31", model == claude, "{body}");
        }
    }
    let sent = scene
        .ask(Wire::Chat, "keyed/amazon.nova-lite-v1:0", false)
        .await;
    assert_eq!(sent.status, 200);
    let seen = scene.seen();
    assert_eq!(
        seen.header("authorization"),
        Some("Bearer ABSK-bedrock-key")
    );
    assert_eq!(seen.header("x-amz-date"), None);
}

#[tokio::test]
async fn claude_at_bedrock_gets_what_anthropics_client_wrote_and_the_betas_that_are_known() {
    let scene = Scene::new(agreeable).await;
    let body = format!(
        r#"{{"model":"{CLAUDE}","max_tokens":10,"messages":[{{"role":"user","content":"x"}}], "new_field":[1.0],"stream":false}}"#
    );
    let betas = "claude-code-20250219, interleaved-thinking-2025-05-14,context-1m-2025-08-07";
    let headers = [("anthropic-beta", betas)];
    let strict = [headers[0], ("x-manti-strict", "1")];
    let refused = scene.client.post("/v1/messages", &strict, body.clone());
    assert_eq!(refused.await.status, 400);
    let answer = scene.client.post("/v1/messages", &headers, body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-manti-dropped"), "anthropic-beta");
    let told = answer.json().await;
    assert_eq!(told["id"], "msg_bdrk_1", "as it came: {told}");
    let seen = scene.seen();
    assert_eq!(
        String::from_utf8(seen.body).unwrap(),
        r#"{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["interleaved-thinking-2025-05-14","context-1m-2025-08-07"],"max_tokens":10,"messages":[{"role":"user","content":"x"}],"new_field":[1.0]}"#
    );
}

#[tokio::test]
async fn betas_in_a_body_for_claude_at_bedrock_are_those_that_are_known_and_none_comes_twice() {
    let scene = Scene::new(agreeable).await;
    let known = "context-1m-2025-08-07";
    let body = format!(
        r#"{{"model":"{CLAUDE}","anthropic_version":"x","anthropic_beta":["{known}","effort-2025-11-24","new"],"max_tokens":10,"messages":[{{"role":"user","content":"x"}}]}}"#
    );
    let headers = [("anthropic-beta", known)];
    let answer = scene.client.post("/v1/messages", &headers, body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-manti-dropped"), "anthropic_beta");
    let seen = scene.seen();
    assert_eq!(
        String::from_utf8(seen.body).unwrap(),
        r#"{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["context-1m-2025-08-07","effort-2025-11-24"],"max_tokens":10,"messages":[{"role":"user","content":"x"}]}"#
    );
}

/// What a client is told when a provider refuses.
async fn refused(
    status: u16,
    headers: &'static [(&str, &str)],
    body: &'static str,
    model: &str,
) -> (u16, Value) {
    let scene = Scene::new(move |_| answer(status, headers, body.as_bytes())).await;
    let answer = scene.ask(Wire::Chat, model, true).await;
    let status = answer.status;
    let told = answer.text().await;
    assert!(
        !told.contains("wJalr") && !told.contains("co-secret"),
        "{told}"
    );
    (status, serde_json::from_str(&told).unwrap())
}

#[tokio::test]
async fn refusals_are_told_in_the_clients_envelope() {
    const THROTTLED: &[(&str, &str)] = &[(
        "x-amzn-errortype",
        "ThrottlingException:http://internal.amazon.com/",
    )];
    const INVALID: &[(&str, &str)] = &[(
        "x-amzn-errortype",
        "ValidationException:http://internal.amazon.com/",
    )];
    const EXPIRED: &[(&str, &str)] = &[("x-amzn-errortype", "ExpiredTokenException")];
    let nova = "bedrock/amazon.nova-lite-v1:0";
    let (status, told) = refused(429, THROTTLED, r#"{"message":"Too many requests"}"#, nova).await;
    assert_eq!(
        (status, &told["error"]["code"]),
        (503, &json!("upstream_overloaded"))
    );
    let (status, told) = refused(
        400,
        INVALID,
        r#"{"message":"The provided model identifier is invalid."}"#,
        nova,
    )
    .await;
    assert_eq!(status, 400);
    assert_eq!(
        told["error"]["message"],
        "The provided model identifier is invalid."
    );
    assert_eq!(told["error"]["code"], "ValidationException");
    let (status, told) = refused(
        400,
        EXPIRED,
        r#"{"message":"The security token is expired"}"#,
        nova,
    )
    .await;
    assert_eq!(
        (status, &told["error"]["code"]),
        (502, &json!("upstream_error"))
    );
    let (status, told) = refused(404, &[], r#"{"error":"model 'x' not found"}"#, "ollama/x").await;
    assert_eq!(
        (status, &told["error"]["message"]),
        (404, &json!("model 'x' not found"))
    );
    let (status, told) = refused(
        404,
        &[],
        r#"{"id":"2da0","message":"model 'x' not found"}"#,
        "cohere/x",
    )
    .await;
    assert_eq!(
        (status, &told["error"]["message"]),
        (404, &json!("model 'x' not found"))
    );
    let (status, _) = refused(
        401,
        &[],
        r#"{"message":"invalid api token co-secret-key"}"#,
        "cohere/x",
    )
    .await;
    assert_eq!(status, 502);
}

#[tokio::test]
async fn a_stream_that_breaks_off_never_ends_as_if_it_were_whole() {
    let headers = [
        (":message-type", "exception"),
        (":exception-type", "modelStreamErrorException"),
    ];
    let exception = frame(&headers, &json!({"message": "The model went away"}));
    let whole = converse_frames();
    let mut corrupt = whole[2].clone();
    let place = corrupt.len() - 8;
    corrupt[place] ^= 1;
    for (after, tail) in [
        ("an exception", exception),
        ("a corrupt frame", corrupt),
        ("a cut", whole[2][..20].to_vec()),
    ] {
        let bytes = [whole[0].clone(), whole[1].clone(), tail].concat();
        let scene = Scene::new(move |_| stream(FRAMES, &bytes)).await;
        for client in CLIENTS {
            let answer = scene
                .ask(client, "bedrock/amazon.nova-lite-v1:0", true)
                .await;
            let id = answer.id();
            let told = answer.text().await;
            assert!(
                matches!(end(client, &told), End::Error(..)),
                "{after}: {told}"
            );
            assert_eq!(text(client, &told), "Hel", "{after}");
            assert_eq!(scene.manti.record(&id).await["status"], "error", "{after}");
        }
    }
}

#[tokio::test]
async fn an_exception_amid_claudes_events_reaches_anthropics_client() {
    let headers = [
        (":message-type", "exception"),
        (":exception-type", "throttlingException"),
    ];
    let exception = frame(&headers, &json!({"message": "Too many tokens"}));
    let frames = claude_frames();
    // Whole frames before the exception.
    let mut at = 0;
    for _ in 0..3 {
        let length = frames[at..].first_chunk::<4>().unwrap();
        at += u32::from_be_bytes(*length) as usize;
    }
    let bytes = [&frames[..at], &exception].concat();
    let scene = Scene::new(move |_| stream(FRAMES, &bytes)).await;
    let answer = scene.ask(Wire::Messages, CLAUDE, true).await;
    let told = answer.text().await;
    let broken = End::Error("overloaded_error".into(), "throttlingException".into());
    assert_eq!(end(Wire::Messages, &told), broken, "{told}");
}

/// The credentials of a role, as AWS's token service gives them.
const ROLE: &str = r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIAROLEEXAMPLE</AccessKeyId><SecretAccessKey>role-secret-example</SecretAccessKey>
<SessionToken>role-session-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/models/manti</Arn><AssumedRoleId>A:manti</AssumedRoleId></AssumedRoleUser>
</AssumeRoleResult></AssumeRoleResponse>"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_and_a_role_are_found_as_awss_own_tools_find_them() {
    let upstream = Upstream::start(|seen| {
        if seen.target == "/" {
            answer(200, &[("content-type", "text/xml")], ROLE.as_bytes())
        } else {
            agreeable(seen)
        }
    })
    .await;
    let base = upstream.url().trim_end_matches("/v1").to_owned();
    let settings = format!(
        r#"
        [log]
        level = "trace"
        [providers.profile]
        kind = "bedrock"
        base_url = "{base}"
        profile = "models"
        models = ["*"]
        [providers.role]
        kind = "bedrock"
        base_url = "{base}"
        region = "eu-central-1"
        profile = "models"
        role_arn = "arn:aws:iam::123456789012:role/models"
        models = ["*"]
        [providers.nothing]
        kind = "bedrock"
        base_url = "{base}"
        region = "eu-central-1"
        profile = "nobody"
        models = ["*"]
        "#
    );
    let mut place = Place::new();
    place.write(
        "credentials",
        "[models]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = profile-secret-example\n",
    );
    place.write("config", "[profile models]\nregion = ap-south-1\n");
    let file = |name: &str| place.path().join(name).display().to_string();
    let (credentials, config) = (file("credentials"), file("config"));
    place
        .set("AWS_SHARED_CREDENTIALS_FILE", &credentials)
        .set("AWS_CONFIG_FILE", &config)
        .set("AWS_EC2_METADATA_DISABLED", "true")
        .set("AWS_ENDPOINT_URL_STS", &base);
    let process = tokio::task::spawn_blocking(move || Process::start_in(place, &settings))
        .await
        .unwrap();
    let ask = async |provider: &str| {
        let model = format!("{provider}/amazon.nova-lite-v1:0");
        process
            .client
            .chat(&request(Wire::Chat, &model, false))
            .await
    };
    let signed = || upstream.seen().pop().unwrap();
    for _ in 0..2 {
        assert_eq!(ask("profile").await.status, 200);
        let by = signed().header("authorization").unwrap().to_owned();
        assert!(by.contains("Credential=AKIAPROFILE/"), "{by}");
        assert!(
            by.contains("/ap-south-1/bedrock/"),
            "the profile's region: {by}"
        );
        assert_eq!(ask("role").await.status, 200);
        let by = signed().header("authorization").unwrap().to_owned();
        assert!(by.contains("Credential=ASIAROLEEXAMPLE/"), "{by}");
        assert_eq!(
            signed().header("x-amz-security-token"),
            Some("role-session-token")
        );
    }
    let asked = upstream
        .seen()
        .iter()
        .filter(|seen| seen.target == "/")
        .count();
    assert_eq!(asked, 1, "a role is taken on once");
    let refused = ask("nothing").await;
    assert_eq!(refused.status, 502);
    let told = refused.text().await;
    assert!(told.contains("AWS gives no credentials"), "{told}");
    let log = process.log();
    for secret in ["profile-secret", "role-secret", "role-session"] {
        assert!(
            !log.contains(secret) && !told.contains(secret),
            "{secret}: {log}"
        );
    }
}
