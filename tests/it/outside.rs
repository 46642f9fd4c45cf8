//! What only shows from outside of a process: how much memory it takes, what it logs and keeps.

use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::command::Place;
use crate::support::process::{PASSWORD, Process};
use crate::support::recorded::Wire;
use crate::support::scene::{CHAT_KEY, MESSAGES_KEY, settings_for};
use crate::support::socket::Upstream;
use crate::support::spoken::{self, End};

/// A megabyte.
const MB: u64 = 1 << 20;

fn gzip(bytes: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..bytes / MB {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_without_end_does_not_fill_the_memory() {
    let bomb = bytes::Bytes::from(gzip(1024 * MB));
    let upstream = Upstream::start(move |mut asked| {
        let bomb = bomb.clone();
        async move {
            let model = asked.model();
            let piece = vec![b' '; 1 << 16];
            match model.as_str() {
                "bomb" | "bomb-stream" => {
                    let kind = match model.as_str() {
                        "bomb" => "application/json",
                        _ => "text/event-stream",
                    };
                    let headers = [("content-type", kind), ("content-encoding", "gzip")];
                    return asked.answer(200, &headers, bomb).await;
                }
                "body" => {
                    asked
                        .raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
                        .await?;
                    loop {
                        asked.raw(&piece).await?;
                    }
                }
                "error" => {
                    asked
                        .raw("HTTP/1.1 400 .\r\ncontent-type: application/json\r\n\r\n")
                        .await?;
                    loop {
                        asked.raw(&piece).await?;
                    }
                }
                "event" => {
                    asked.begin().await?;
                    asked.piece("data: ").await?;
                    loop {
                        asked.piece(&piece).await?;
                    }
                }
                "headers" => {
                    asked.raw("HTTP/1.1 200 OK\r\n").await?;
                    loop {
                        asked.raw("x-more: and more and more and more\r\n").await?;
                    }
                }
                "header" => {
                    asked.raw("HTTP/1.1 200 OK\r\nx-more: ").await?;
                    loop {
                        asked.raw([b'a'; 4096]).await?;
                    }
                }
                _ => {
                    asked
                        .json_answer(200, &spoken::plain(Wire::Chat, "yes"))
                        .await
                }
            }
        }
    })
    .await;
    let process = tokio::task::spawn_blocking({
        let settings = settings_for(&upstream, "");
        move || Process::start(&settings)
    })
    .await
    .unwrap();
    let ask = |model: &'static str, stream: bool| {
        let client = process.client.clone();
        async move {
            let request = spoken::request(Wire::Chat, &format!("chat/{model}"), stream);
            let answer = client.chat(&request).await;
            let status = answer.status;
            (status, answer.text().await)
        }
    };
    assert_eq!(ask("fine", false).await.0, 200);
    let before = process.most_memory();
    for (model, stream, status) in [
        ("bomb", false, 502),
        ("body", false, 502),
        ("error", false, 400),
        ("headers", false, 502),
        ("header", false, 502),
        ("headers", true, 502),
        ("event", true, 502),
        ("bomb-stream", true, 502),
    ] {
        let (got, text) = ask(model, stream).await;
        let shown: String = text.chars().take(500).collect();
        assert_eq!(got, status, "{model}: {shown}");
        if status == 200 {
            assert!(
                matches!(spoken::end(Wire::Chat, &text), End::Error(..)),
                "{model}: {shown}"
            );
        }
        let grown = process.most_memory().saturating_sub(before) / MB;
        assert!(grown < 128, "{model} took {grown} MB");
    }
    assert_eq!(ask("fine", false).await.0, 200);
}

/// A disk that fails: `fdatasync` of the journal does as long as the file `BROKEN_DISK` names is
/// there.
#[cfg(target_os = "linux")]
const BROKEN_DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fdatasync(int file) {
    char link[64], path[4096] = {0};
    const char *broken = getenv("BROKEN_DISK");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (broken && access(broken, F_OK) == 0 && readlink(link, path, sizeof path - 1) > 0
        && strstr(path, "/journal/")) {
        errno = EIO;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return real(file);
}
"#;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_the_disk_does_not_keep_is_not_made() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let upstream = Upstream::start(move |asked| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            asked
                .json_answer(200, &spoken::plain(Wire::Chat, "yes"))
                .await
        }
    })
    .await;
    let mut place = Place::new();
    let (source, library) = (place.path().join("disk.c"), place.path().join("disk.so"));
    std::fs::write(&source, BROKEN_DISK).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .unwrap();
    assert!(built.success());
    let broken = place.path().join("broken");
    place.set("LD_PRELOAD", library.to_str().unwrap());
    place.set("BROKEN_DISK", broken.to_str().unwrap());
    let process = tokio::task::spawn_blocking({
        let settings = settings_for(&upstream, "[journal]\nfsync = \"always\"");
        move || Process::start_in(place, &settings)
    })
    .await
    .unwrap();
    let ask = async |stream| {
        let answer = process
            .client
            .chat(&spoken::request(Wire::Chat, "chat/m", stream))
            .await;
        (answer.status, answer.text().await)
    };

    assert_eq!(ask(false).await.0, 200);
    std::fs::write(&broken, "").unwrap();
    for stream in [false, true] {
        let (status, text) = ask(stream).await;
        assert_eq!(status, 503, "{text}");
        assert!(text.contains("storage_full"), "{text}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    std::fs::remove_file(&broken).unwrap();
    assert_eq!(ask(false).await.0, 200);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::too_many_lines,
    reason = "one scene, every level and every outcome"
)]
async fn no_secret_stands_in_the_log_at_any_level() {
    const PROMPT: &str = "a-prompt-that-nobody-may-read";
    let upstream = Upstream::start(|asked| async move {
        let model = asked.model();
        match model.as_str() {
            "reset" => asked.reset(),
            "html" => {
                asked
                    .answer(200, &[("content-type", "text/html")], PROMPT)
                    .await
            }
            "401" => {
                let body = json!({"error": {"message": format!("{CHAT_KEY} is wrong")}});
                asked.json_answer(401, &body).await
            }
            "400" => {
                let body = json!({"error": {"message": format!("cannot do {PROMPT}")}});
                asked.json_answer(400, &body).await
            }
            "cut" => {
                let spoken = spoken::stream(Wire::Chat, &[PROMPT]);
                asked.stream(spoken.open()).await
            }
            _ => {
                asked
                    .json_answer(200, &spoken::plain(Wire::Chat, PROMPT))
                    .await
            }
        }
    })
    .await;
    for format in ["text", "json"] {
        let settings = settings_for(
            &upstream,
            &format!("[log]\nlevel = \"trace\"\nformat = \"{format}\""),
        );
        let process = tokio::task::spawn_blocking(move || Process::start(&settings))
            .await
            .unwrap();
        for model in ["fine", "reset", "html", "401", "400", "cut"] {
            for stream in [false, true] {
                for client in [Wire::Chat, Wire::Messages] {
                    let mut request = spoken::request(client, &format!("chat/{model}"), stream);
                    request["messages"][0]["content"] = PROMPT.into();
                    let answer = process.client.ask(client, &request).await;
                    answer.text().await;
                }
            }
        }
        let wrong = process.key.replace("sk-manti-", "sk-manti-0");
        let stranger = process.client.with_key(&wrong);
        for path in [
            "/v1/models",
            &format!("/v1/models?key={wrong}"),
            "/api/v1/me",
        ] {
            stranger.get(path).await.text().await;
        }
        let login = json!({"email": "ada@example.com", "password": PASSWORD}).to_string();
        let answer = process
            .client
            .with_key("")
            .post("/api/v1/auth/login", &[], login)
            .await;
        assert!(answer.status < 500, "{}", answer.status);
        let tokens = answer.text().await;
        let tokens: Value = serde_json::from_str(&tokens).unwrap_or_default();
        let log = process.log();
        assert!(
            log.contains("chat/fine") || log.contains("req_"),
            "nothing was logged: {log}"
        );
        let mut secrets = vec![&process.key, &wrong]
            .into_iter()
            .map(|key| key["sk-manti-".len()..].to_owned())
            .collect::<Vec<_>>();
        secrets.extend([CHAT_KEY, MESSAGES_KEY, PROMPT, PASSWORD].map(str::to_owned));
        for token in ["access_token", "refresh_token"] {
            secrets.extend(tokens[token].as_str().map(str::to_owned));
        }
        for secret in secrets {
            if let Some(at) = log.find(&secret) {
                let from = log[..at].rfind('\n').map_or(0, |line| line + 1);
                let to = log[at..].find('\n').map_or(log.len(), |end| at + end);
                panic!("{secret} stands in the log: {}", &log[from..to]);
            }
        }
        // Nor in the database or the journal.
        let mut folders = vec![process.place.path().join("data")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                for secret in [&process.key, CHAT_KEY, PROMPT, PASSWORD] {
                    let found = memchr::memmem::find(&bytes, secret.as_bytes());
                    assert!(found.is_none(), "{secret} is in {}", entry.path().display());
                }
            }
        }
    }
}
