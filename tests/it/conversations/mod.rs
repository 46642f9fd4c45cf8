//! Three turns with thoughts and tools, from every client's library to every provider.
//!
//! The provider looks whether what it thought, and the proof of it, comes back as it said it and
//! where it said it. How that gets through the client is told in a table:
//!
//! - `same`: what the client sends is passed on as it comes;
//! - `1`: in a field that the client's format has for it;
//! - `2`: in `reasoning_content` and `reasoning_details`;
//! - `1w`, `2w`: there, in our wrapper;
//! - `3`: it was remembered under the id of its call;
//! - `4`: not at all: the model is asked not to think, and the client is told;
//! - `0`: not at all, and the provider goes on thinking without;
//! - `-`: there is nothing to come back.

mod heard;
mod libraries;
mod providers;
mod scripted;
mod streamed;

use std::fmt::{self, Write as _};
use std::io::Write as _;

use serde_json::Value;

use self::heard::{Piece, expected, heard};
use self::libraries::{Library, safe};
use self::providers::{PROVIDERS, Provider};
use self::scripted::{TURNS, Turn};
use crate::support::client::{Answer, Client};
use crate::support::gateway::Gateway;
use crate::support::recorded::{self, Split};
use crate::support::said::Said;
use crate::support::socket::{After, Asked, Upstream};
use crate::support::wire::{self, Wire};

struct Scene {
    upstream: Upstream,
    client: Client,
    /// Whose thoughts nobody remembers.
    stranger: Client,
    _manti: Gateway,
}

impl Scene {
    async fn start() -> Self {
        let upstream = Upstream::start(answer).await;
        let manti = Gateway::start(&providers::settings(upstream.address)).await;
        Self {
            client: manti.client().await,
            stranger: manti.stranger().await,
            upstream,
            _manti: manti,
        }
    }

    /// One conversation; how its thoughts came back in the end.
    async fn hold(&self, talk: &Talk) -> &'static str {
        let (library, provider, wire) = (talk.library, talk.provider, talk.library.wire());
        let model = format!("{}/{}", provider.name, provider.model);
        let mut request = library.asks(&model, talk.stream);
        let mut way = "-";
        let turns = provider.turns();
        for (at, turn) in turns.iter().enumerate() {
            let last = at + 1 == turns.len();
            let client = if last && library == Library::Forgotten {
                &self.stranger
            } else {
                &self.client
            };
            let answer = client.ask(wire, &request).await;
            let (status, dropped) = (answer.status, answer.header("x-manti-dropped").to_owned());
            let objects = objects(answer, talk.stream).await;
            assert_eq!(status, 200, "{talk}: {objects:?}");
            let said = Said::read(wire, &objects);
            assert_eq!(said.text, turn.text, "{talk}: {objects:?}");
            assert_eq!(said.thinking, turn.thought, "{talk}: {objects:?}");
            let ids: Vec<&str> = said.calls.iter().map(|call| call.id.as_str()).collect();
            let calls: Vec<&str> = turn.calls.iter().map(|call| call.id).collect();
            assert_eq!(ids, calls, "{talk}: {objects:?}");

            let seen = self.upstream.last().await.json();
            way = talk.came_back(&turns[..at], &request, &seen, &dropped);
            let turns = request[wire.turns()].as_array_mut().unwrap();
            turns.extend(library.goes_on(&objects));
        }
        way
    }
}

/// The scripted model: which turn it is, the calls in the request tell.
async fn answer(mut asked: Asked) -> std::io::Result<After> {
    let provider = Provider::at(&asked.path);
    let served = provider.served;
    let request = asked.json();
    let calls = heard(served, &request)
        .iter()
        .filter(|piece| matches!(piece, Piece::Call { .. }))
        .count();
    let turn = &provider.turns()[calls.min(TURNS.len() - 1)];
    let stream = wire::streams(&asked.path, &request);
    if !stream {
        return asked.json_answer(200, &scripted::plain(served, turn)).await;
    }
    let bytes = streamed::stream(served, turn);
    asked.begin_as(served.streams_as()).await?;
    for piece in recorded::split(&bytes, served, Split::Random, calls as u64) {
        asked.piece(piece).await?;
    }
    asked.end().await
}

async fn objects(answer: Answer, stream: bool) -> Vec<Value> {
    if stream && answer.status == 200 {
        recorded::objects(&recorded::events(&answer.text().await))
    } else {
        vec![answer.json().await]
    }
}

/// A client's library and a provider, whole or streamed.
struct Talk {
    library: Library,
    provider: &'static Provider,
    stream: bool,
}

/// For what a failed test says.
impl fmt::Display for Talk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, stream) = (self.provider.name, self.stream);
        write!(out, "{:?} at {name}, stream {stream}", self.library)
    }
}

impl Talk {
    /// How the thoughts of the turns before came back to the provider; panics when anything is not
    /// as it was said, or is gone and the client was not told.
    fn came_back(
        &self,
        before: &[Turn],
        sent: &Value,
        seen: &Value,
        dropped: &str,
    ) -> &'static str {
        let (library, provider) = (self.library, self.provider);
        let pieces = heard(provider.served, seen);
        let expected = |thoughts| expected(provider, before, thoughts);
        if provider.passes(library.wire()) {
            // What the client did not keep nobody puts back, nor does anybody respell it.
            let mut kept = expected(!library.forgets());
            if library == Library::Google {
                kept.iter_mut().for_each(Piece::respell);
            }
            assert_eq!(pieces, kept, "{self}: {seen}");
            assert_eq!(dropped, "", "{self}");
            return "same";
        }
        if before.is_empty() || !provider.thinks {
            assert_eq!(pieces, expected(true), "{self}: {seen}");
            assert_eq!(dropped, "", "{self}");
            return "-";
        }
        let thinks = provider.asked_to_think(seen);
        if pieces == expected(true) {
            assert!(thinks, "{self}: {seen}");
            assert_eq!(dropped, "", "{self}");
            return self.carried(before, &sent.to_string());
        }
        assert_eq!(pieces, expected(false), "{self}: {seen}");
        assert_eq!(thinks, !provider.insists(), "{self}: {seen}");
        if thinks {
            assert_eq!(dropped, "", "{self}");
            return "0";
        }
        assert_eq!(dropped, "reasoning_effort", "{self}");
        "4"
    }

    /// Where the client had a thought that came back.
    fn carried(&self, before: &[Turn], sent: &str) -> &'static str {
        let holds = |turn: &Turn| {
            if self.provider.signs {
                sent.contains(turn.secret) || sent.contains(&safe(turn.secret))
            } else {
                let thought = Value::from(turn.thought).to_string();
                sent.contains(thought.trim_matches('"'))
            }
        };
        // Our wrapper, and the same in base64.
        let wrapped = sent.contains("mt1.") || sent.contains("bXQxLm");
        let chat = self.library.wire() == Wire::Chat;
        match (before.iter().all(holds), wrapped) {
            (true, _) if chat => "2",
            (true, _) => "1",
            (false, true) if chat => "2w",
            (false, true) => "1w",
            (false, false) => "3",
        }
    }
}

/// How thoughts come back, a column a client.
const TABLE: &str = "
                           chat chat, calls   forgotten    messages   responses      gemini
  openai-chat              same        same        same           -           -           -
  deepseek                 same        same        same           1           1           1
  openai-responses           2w           3           0          1w        same          1w
  anthropic                  2w           3           4        same          1w          1w
  gemini                     2w           3           0          1w          1w        same
  bedrock-converse           2w           3           4           1          1w          1w
  bedrock-nova               2w           3           0          1w          1w          1w
  bedrock-claude             2w           3           4        same          1w          1w
  cohere                      2           3           0           1           1           1
  ollama                      2           3           0           1           1           1
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thoughts_of_three_turns_come_back_to_every_provider_through_every_client() {
    let scene = Scene::start().await;
    let mut table = format!("\n{:19}", "");
    for library in Library::ALL {
        let _ = write!(table, "{:>12}", library.name());
    }
    for provider in &PROVIDERS {
        let _ = write!(table, "\n  {:<17}", provider.name);
        for library in Library::ALL {
            let [whole, streamed] = [false, true].map(|stream| Talk {
                library,
                provider,
                stream,
            });
            let (whole, streamed) = (scene.hold(&whole).await, scene.hold(&streamed).await);
            assert_eq!(whole, streamed, "{library:?} at {}", provider.name);
            let _ = write!(table, "{whole:>12}");
        }
    }
    table.push('\n');
    let talks = 2 * PROVIDERS.len() * Library::ALL.len();
    let _ = writeln!(
        std::io::stderr(),
        "{talks} conversations of three turns; how thoughts came back:{table}"
    );
    assert_eq!(table, TABLE);
}
