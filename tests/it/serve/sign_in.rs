//! Signing in, staying in, and the link that makes the first admin.

use serde_json::json;

use super::people::{Cast, param, refused_soon};
use crate::support::manti::{Manti, PASSWORD};

#[tokio::test]
async fn an_access_token_works_on_model_calls_until_the_session_ends() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let asked = json!({"model": "demo", "messages": [{"role": "user", "content": "x"}]});
    let reply = manti
        .post("/v1/chat/completions", &cast.ann, asked.clone())
        .await;
    assert_eq!(reply.status, 200);
    let change = json!({"old_password": PASSWORD, "new_password": "a brand new long password"});
    let wrong = json!({"old_password": "x", "new_password": "a brand new long password"});
    let reply = manti.post("/api/v1/me/password", &cast.ann, wrong).await;
    assert_eq!(
        (reply.status.as_u16(), param(&reply.json())),
        (400, "old_password")
    );
    let short = json!({"old_password": PASSWORD, "new_password": "x"});
    let reply = manti.post("/api/v1/me/password", &cast.ann, short).await;
    assert_eq!(
        (reply.status.as_u16(), param(&reply.json())),
        (400, "new_password")
    );
    assert_eq!(
        manti
            .post("/api/v1/me/password", &cast.ann, change)
            .await
            .status,
        200
    );
    refused_soon(manti, &cast.ann).await;
    cast.manti.stop().await;
}

#[tokio::test]
async fn a_browser_keeps_its_refresh_token_in_a_cookie_and_proves_its_origin() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let login = json!({"email": "ann@example.com", "password": PASSWORD, "cookie": true});
    let reply = manti.post("/api/v1/auth/login", "", login).await;
    assert!(reply.json().get("refresh_token").is_none());
    let csrf = reply.json()["csrf_token"].as_str().unwrap().to_owned();
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    let refresh = cookies
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .find(|cookie| cookie.starts_with("manti_refresh="))
        .unwrap();
    assert!(
        refresh.contains("HttpOnly") && refresh.contains("SameSite=Strict"),
        "{refresh}"
    );
    let cookie = refresh.split(';').next().unwrap().to_owned();
    let post = |path: &str| manti.http().post(manti.url(path)).header("cookie", &cookie);
    let forged = Manti::send(post("/api/v1/auth/refresh")).await;
    assert_eq!(forged.status, 403);
    let renewed = Manti::send(post("/api/v1/auth/refresh").header("x-csrf-token", &csrf)).await;
    assert_eq!(renewed.status, 200, "{renewed:?}");
    let token = renewed.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(manti.get("/api/v1/me", &token).await.status, 200);
    // A cookie alone is no credential anywhere.
    let me = manti
        .http()
        .get(manti.url("/api/v1/me"))
        .header("cookie", &cookie);
    assert_eq!(Manti::send(me).await.status, 401);
    cast.manti.stop().await;
}

#[tokio::test]
async fn wrong_passwords_are_limited_and_tell_nothing() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let attempt = |email: &str| {
        let body = json!({"email": email, "password": "wrong"});
        manti.post("/api/v1/auth/login", "", body)
    };
    let known = attempt("ann@example.com").await;
    let unknown = attempt("nobody@example.com").await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    let mut wrong = 2;
    let limited = loop {
        let reply = attempt("ann@example.com").await;
        if reply.status == 429 {
            break reply;
        }
        assert_eq!(reply.status, 401);
        wrong += 1;
        assert!(wrong <= 20, "no limit after {wrong} wrong tries");
    };
    assert!(wrong >= 9, "limited after {wrong} wrong tries");
    assert_eq!(limited.json()["error"]["code"], "rate_limit_exceeded");
    assert!(limited.header("retry-after").parse::<u64>().unwrap() >= 1);
    cast.manti.stop().await;
}

#[tokio::test]
async fn what_a_foreign_page_can_send_unasked_is_not_read() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let login = json!({"email": "ann@example.com", "password": PASSWORD, "cookie": true});
    let user = json!({"email": "eve@example.com"});
    for (path, credential, body) in [
        ("/api/v1/auth/login", "", login),
        ("/api/v1/users", cast.admin.as_str(), user),
    ] {
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
        ] {
            let mut request = manti.http().post(manti.url(path)).body(body.to_string());
            if !credential.is_empty() {
                request = request.bearer_auth(credential);
            }
            if let Some(kind) = kind {
                request = request.header("content-type", kind);
            }
            let reply = Manti::send(request).await;
            assert_eq!(reply.status, 415, "{path} {kind:?}: {reply:?}");
            assert_eq!(reply.header("set-cookie"), "", "{path} {kind:?}");
            let said = reply.json()["error"]["message"].to_string();
            assert!(said.contains("application/json"), "{said}");
        }
    }
    cast.manti.stop().await;
}

#[tokio::test]
async fn the_set_up_link_makes_the_first_admin_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = Manti::settings(folder.path());
    let server = manti::server::Server::build(config).await.unwrap();
    let link = server.setup_link().unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let stopped = stop.clone();
    let ended = tokio::spawn(async move { server.run_until(stopped.cancelled()).await });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = Manti::send(http.get(&link)).await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    let (base, token) = link.split_once("?token=").unwrap();
    assert!(page.body.contains(token));
    let form = |token: &str, email: &str, password: &str| {
        let body = format!("token={token}&email={email}&password={password}").replace(' ', "+");
        http.post(base).body(body)
    };
    let weak = Manti::send(form(token, "root%40example.com", "x")).await;
    assert_eq!(weak.status, 400, "{weak:?}");
    let wrong = Manti::send(form("wrong", "root%40example.com", PASSWORD)).await;
    assert_eq!(wrong.status, 404);
    let made = Manti::send(form(token, "root%40example.com", PASSWORD)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let again = Manti::send(form(token, "other%40example.com", PASSWORD)).await;
    assert_eq!(again.status, 404, "the link works once");
    stop.cancel();
    ended.await.unwrap().unwrap();
}
