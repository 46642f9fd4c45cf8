//! Tokens that are counted here are told to clients as they are recorded.

use serde_json::Value;

use crate::support::recorded::{self, Wire};
use crate::support::said::{Figures, Said};
use crate::support::scene::Scene;
use crate::support::spoken;

/// Seventeen tokens or so.
const SENTENCE: &str = "The sea is wide and blue, and the wind above it never sleeps.";

/// A server of chat completions that tells no usage.
async fn scene(stream: bool) -> Scene {
    let settings = "[stream]\nusage_wait = \"200ms\"";
    Scene::with(settings, move |asked| async move {
        if stream {
            let mut spoken = spoken::stream(Wire::Chat, &[SENTENCE]);
            spoken.usage.clear();
            return asked.stream(spoken.all()).await;
        }
        let mut answer = spoken::plain(Wire::Chat, SENTENCE);
        answer.as_object_mut().expect("an object").remove("usage");
        asked.json_answer(200, &answer).await
    })
    .await
}

/// What a client is told that it used.
fn told(client: Wire, text: &str, stream: bool) -> Figures {
    let objects: Vec<Value> = if stream {
        recorded::objects(&recorded::events(text))
    } else {
        vec![serde_json::from_str(text).unwrap()]
    };
    let said = Said::read(client, &objects);
    Figures::of(client, &said.usages).expect("figures")
}

#[tokio::test]
async fn clients_of_all_other_dialects_are_told_what_was_counted_here() {
    for client in [Wire::Messages, Wire::Responses, Wire::Gemini] {
        for stream in [false, true] {
            let scene = scene(stream).await;
            let answer = scene.ask(client, Wire::Chat, stream).await;
            let id = answer.id();
            let text = answer.text().await;
            let record = scene.record(&id).await;
            assert_eq!(record["usage_source"], "estimated", "{record}");
            assert!(record["output_tokens"].as_u64() > Some(12), "{record}");
            let told = told(client, &text, stream);
            assert_eq!(told.input, record["input_tokens"], "{text}");
            assert_eq!(told.output, record["output_tokens"], "{text}");
        }
    }
}
