mod wordings;

use http::HeaderValue;

use super::*;
use crate::config::Secret;

fn failures(dialect: Dialect) -> Failures {
    let secrets = [Secret::new("sk-configured-0123456789")];
    Failures::new("acme".to_owned(), dialect, Scrub::new(&secrets))
}

fn read(status: u16, body: &str) -> Failure {
    let status = StatusCode::from_u16(status).unwrap();
    failures(Dialect::Chat).read(status, &HeaderMap::new(), body.as_bytes())
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn every_status_has_its_row_in_the_contract() {
    for (status, class, told) in [
        (400, Class::Request, 400),
        (404, Class::Request, 404),
        (409, Class::Request, 409),
        (413, Class::Request, 413),
        (415, Class::Request, 415),
        (422, Class::Request, 422),
        (401, Class::Credentials, 502),
        (402, Class::Credentials, 502),
        (403, Class::Forbidden, 502),
        (408, Class::Timeout, 504),
        (504, Class::Timeout, 504),
        (429, Class::RateLimited, 503),
        (503, Class::Overloaded, 503),
        (529, Class::Overloaded, 503),
        (500, Class::Broken, 502),
        (502, Class::Broken, 502),
        (599, Class::Broken, 502),
        (301, Class::Misconfigured, 502),
        (307, Class::Misconfigured, 502),
        (418, Class::Misconfigured, 502),
    ] {
        let failure = read(status, r#"{"error":{"message":"x"}}"#);
        assert_eq!(failure.class, class, "{status}");
        assert_eq!(failure.refusal.situation.words().status, told, "{status}");
        let waits = matches!(class, Class::RateLimited | Class::Overloaded);
        assert_eq!(failure.refusal.retry_after.is_some(), waits, "{status}");
    }
}

#[test]
fn a_refused_request_is_told_in_the_providers_words() {
    let body = r#"{"error":{"message":"Invalid 'temperature'","type":"invalid_request_error","param":"temperature","code":"decimal_above_max_value"}}"#;
    let headers = headers(&[("x-request-id", "req_1")]);
    let refusal = failures(Dialect::Chat)
        .read(StatusCode::BAD_REQUEST, &headers, body.as_bytes())
        .refusal;
    assert_eq!(refusal.message, "Invalid 'temperature'");
    assert_eq!(refusal.param.as_deref(), Some("temperature"));
    assert_eq!(refusal.told_code(), Some("decimal_above_max_value"));
    assert_eq!(refusal.told_kind(), "invalid_request_error");
    assert_eq!(refusal.provider_request_id.as_deref(), Some("req_1"));
}

#[test]
fn an_id_in_the_body_is_kept_too() {
    let body = br#"{"type":"error","error":{"type":"not_found_error","message":"model: x"},"request_id":"req_2"}"#;
    let refusal = failures(Dialect::Messages)
        .read(StatusCode::NOT_FOUND, &HeaderMap::new(), body)
        .refusal;
    assert_eq!(refusal.provider_request_id.as_deref(), Some("req_2"));
    assert_eq!(refusal.message, "model: x");
    assert_eq!(refusal.situation.words().anthropic, "not_found_error");
}

#[test]
fn a_bad_request_about_our_key_is_not_the_clients_fault() {
    for body in [
        r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
        r#"{"code":"invalid-argument","error":"Incorrect API key provided: xa***le. You can obtain an API key from https://console.x.ai."}"#,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
        r#"{"error":{"message":"no","code":"invalid_api_key"}}"#,
    ] {
        let failure = read(400, body);
        assert_eq!(failure.class, Class::Credentials, "{body}");
        assert_eq!(failure.refusal.situation, Situation::UpstreamError);
        assert!(!failure.refusal.message.contains("xa***le"));
    }
}

#[test]
fn an_account_without_money_is_told_from_a_limit() {
    let no_money = [
        (
            429,
            r#"{"error":{"message":"quota","code":"insufficient_quota"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"quota","type":"insufficient_quota","code":null}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details."}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"x","type":"exceeded_current_quota_error"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Your account is suspended due to insufficient balance, please recharge your account"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Billing hard limit has been reached","code":"billing_hard_limit_reached"}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Billing hard limit has been reached","code":"billing_hard_limit_reached"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Your account is not active","code":"billing_not_active"}}"#,
        ),
        (
            429,
            r#"{"code":"Some resource has been exhausted","error":"Your team has either used all available credits or reached its monthly spending limit."}"#,
        ),
        (
            403,
            r#"{"error":{"message":"Insufficient credits","code":403}}"#,
        ),
        (
            429,
            r#"{"error":{"code":"1113","message":"余额不足或无可用资源包,请充值。"}}"#,
        ),
        (
            412,
            r#"{"error":{"message":"The account is suspended, possibly due to reaching the monthly spending limit"}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Access denied, please make sure your account is in good standing.","code":"Arrearage"}}"#,
        ),
        (
            402,
            r#"{"error":{"message":"Insufficient Balance","type":"unknown_error"}}"#,
        ),
    ];
    for (status, body) in no_money {
        let failure = read(status, body);
        assert_eq!(failure.class, Class::Credentials, "{status} {body}");
        assert_eq!(failure.refusal.situation, Situation::UpstreamError);
    }
    let limited = [
        r#"{"error":{"message":"Rate limit reached for gpt-4o on tokens per min (TPM): limit 30000","type":"tokens","code":"rate_limit_exceeded"}}"#,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your organization's rate limit of 50,000 input tokens per minute"}}"#,
        r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36s"}]}}"#,
    ];
    for body in limited {
        assert_eq!(read(429, body).class, Class::RateLimited, "{body}");
    }
    let google = failures(Dialect::Gemini).read(
        StatusCode::TOO_MANY_REQUESTS,
        &HeaderMap::new(),
        limited[2].as_bytes(),
    );
    assert_eq!(google.class, Class::RateLimited);
    // A request is not told by what it says.
    let echo = r#"{"error":{"message":"Invalid value: 'insufficient balance'"}}"#;
    assert_eq!(read(400, echo).class, Class::Request);
}

#[test]
fn no_answer_tells_our_key() {
    let echo = r#"{"error":{"message":"bad key sk-configured-0123456789 or sk-conf******6789, see https://h/?k=v1x","type":"sk-configured-0123456789","code":"sk-configured-0123456789","param":"sk-configured-0123456789"}}"#;
    for status in [400, 401, 403, 404, 422, 429, 500, 503] {
        let headers = headers(&[("x-request-id", "sk-configured-0123456789")]);
        let status = StatusCode::from_u16(status).unwrap();
        let refusal = failures(Dialect::Chat)
            .read(status, &headers, echo.as_bytes())
            .refusal;
        let told = format!("{refusal:?}");
        assert!(
            !told.contains("0123456789") && !told.contains("6789"),
            "{told}"
        );
        assert!(!told.contains("k=v1x"), "{told}");
    }
}

#[test]
fn what_programs_look_for_has_one_name_whoever_says_it() {
    for body in [
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        r#"{"error":{"message":"This model's maximum context length is 128000 tokens.","code":"context_length_exceeded"}}"#,
        r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_ctx":512}}"#,
        r#"{"error":{"code":400,"message":"The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
        r#"{"message":"Input is too long for requested model."}"#,
        r#"{"code":"invalid-argument","error":"This model's maximum prompt length is 131072 but the request contains 200000 tokens."}"#,
    ] {
        let refusal = read(400, body).refusal;
        assert_eq!(
            refusal.told_code(),
            Some("context_length_exceeded"),
            "{body}"
        );
    }
    let gone = r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-0"}}"#;
    assert_eq!(read(404, gone).refusal.told_code(), Some("model_not_found"));
    let other = read(
        400,
        r#"{"error":{"message":"max_tokens: 5 > 4","code":"too_big"}}"#,
    );
    assert_eq!(other.refusal.told_code(), Some("too_big"));
}

#[test]
fn words_that_are_no_json_are_told_too() {
    let refusal = read(400, "model \"x\" is not here\n").refusal;
    assert_eq!(refusal.message, "model \"x\" is not here");
    assert_eq!(
        (refusal.param, refusal.code, refusal.kind),
        (None, None, None)
    );
}

#[test]
fn pages_for_browsers_are_not_told() {
    for body in ["<html>internal</html>", " <!doctype html>", "", "\u{0}"] {
        let refusal = read(404, body).refusal;
        assert_eq!(refusal.message, "acme refused the request with status 404");
        assert_eq!(
            (refusal.param, refusal.code, refusal.kind),
            (None, None, None)
        );
    }
}

#[test]
fn a_wait_is_read_in_every_form_and_has_a_cap() {
    let clock = Clock::manual("2026-11-21T10:00:00Z".parse().unwrap());
    for (pairs, millis) in [
        (&[("retry-after", "3")][..], Some(3000)),
        (&[("retry-after", "0.5")], Some(500)),
        (
            &[("retry-after-ms", "120"), ("retry-after", "3")],
            Some(120),
        ),
        (
            &[("retry-after", "Sat, 21 Nov 2026 10:00:20 GMT")],
            Some(20_000),
        ),
        (&[("retry-after", "Sat, 21 Nov 2026 09:00:00 GMT")], Some(0)),
        (
            &[
                ("retry-after", "Fri, 01 Jan 2100 00:00:05 GMT"),
                ("date", "Fri, 01 Jan 2100 00:00:00 GMT"),
            ],
            Some(5000),
        ),
        (&[("retry-after", "86400")], Some(60_000)),
        (&[("retry-after", "1e300")], Some(60_000)),
        (&[("retry-after", "99999999999999999999999")], Some(60_000)),
        (&[("retry-after", "inf")], Some(60_000)),
        (
            &[("retry-after-ms", "99999999999999999999999")],
            Some(60_000),
        ),
        (&[("retry-after-ms", "250.5")], Some(250)),
        (&[("retry-after", "-1")], None),
        (&[("retry-after", "NaN")], None),
        (&[("retry-after", "soon")], None),
        (&[], None),
    ] {
        let found = wait(&headers(pairs), &clock).map(|wait| wait.as_millis());
        assert_eq!(found, millis, "{pairs:?}");
    }
}

#[test]
fn awss_types_of_errors_say_what_its_statuses_do_not() {
    const WHERE: &str = ":http://internal.amazon.com/coral/com.amazon.bedrock/";
    for (status, kind, class) in [
        (400, "ValidationException", Class::Request),
        (400, "ServiceQuotaExceededException", Class::RateLimited),
        (400, "ThrottlingException", Class::RateLimited),
        (400, "ExpiredTokenException", Class::Credentials),
        (400, "UnrecognizedClientException", Class::Credentials),
        (403, "AccessDeniedException", Class::Forbidden),
        (404, "ResourceNotFoundException", Class::Request),
        (408, "ModelTimeoutException", Class::Timeout),
        (424, "ModelErrorException", Class::Broken),
        (429, "ThrottlingException", Class::RateLimited),
        (429, "ModelNotReadyException", Class::Overloaded),
        (503, "ServiceUnavailableException", Class::Overloaded),
    ] {
        let headers = headers(&[
            ("x-amzn-errortype", &format!("{kind}{WHERE}")),
            ("x-amzn-requestid", "7fdbc480"),
        ]);
        let status = StatusCode::from_u16(status).unwrap();
        let failure = failures(Dialect::Converse).read(status, &headers, br#"{"message":"m"}"#);
        assert_eq!(failure.class, class, "{status} {kind}");
        let id = failure.refusal.provider_request_id.as_deref();
        assert_eq!(id, Some("7fdbc480"));
        if class == Class::Request {
            assert_eq!(failure.refusal.message, "m");
            assert_eq!(failure.refusal.code.as_deref(), Some(kind));
        }
    }
}

#[test]
fn cohere_and_ollama_say_what_is_wrong_in_envelopes_of_their_own() {
    let read = |dialect, body: &str| {
        let status = StatusCode::NOT_FOUND;
        failures(dialect).read(status, &HeaderMap::new(), body.as_bytes())
    };
    let told = read(
        Dialect::Cohere,
        r#"{"id":"2da0","message":"no such model"}"#,
    )
    .refusal;
    assert_eq!(told.message, "no such model");
    assert_eq!(told.provider_request_id.as_deref(), Some("2da0"));
    let told = read(Dialect::Ollama, r#"{"error":"model 'x' not found"}"#).refusal;
    assert_eq!(told.message, "model 'x' not found");
}
