//! What models thought, for clients that give back their calls and nothing else.
//!
//! Several libraries of chat completions keep of an answer its text and its calls, and a client of
//! responses is given no proof unless it asks for one. A thought with a proof must come back before
//! the calls it led to, so it is remembered here for a while under who called and the id of the
//! call; in this process only, and never on disk.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use crate::models::chat::{Block, Content, Request, Response, Role, Secret, Thinking};
use crate::models::streaming::{Delta, Event, Opening};

/// How long a thought is remembered.
const LASTS: Duration = Duration::from_hours(1);
/// The most bytes of thoughts that are remembered.
const MOST: u64 = 16 * 1024 * 1024;
/// The shortest id that is one call's alone: some servers count their calls from 0 in each answer.
const SHORTEST: usize = 20;
/// The same for an id that the thought itself names.
const LEAST_RANDOM: usize = 8;
/// The most bytes of one answer's thoughts.
const LARGEST: usize = 256 * 1024;

type Key = (Arc<str>, String);

/// The thoughts of the last hour.
#[derive(Debug, Clone)]
pub(super) struct Recollection {
    thoughts: Cache<Key, Arc<[Thinking]>>,
}

impl Recollection {
    pub(super) fn new() -> Self {
        Self {
            thoughts: Cache::builder()
                .max_capacity(MOST)
                .weigher(|key: &Key, thoughts: &Arc<[Thinking]>| {
                    let size: usize = thoughts.iter().map(size).sum();
                    u32::try_from(size + key.1.len() + 128).unwrap_or(u32::MAX)
                })
                .time_to_live(LASTS)
                .build(),
        }
    }

    /// Puts thoughts back before the calls they led to, where a client gave back the calls alone.
    pub(super) fn restore(&self, whose: &Arc<str>, request: &mut Request) {
        for turn in &mut request.turns {
            if turn.role != Role::Assistant || turn.blocks.iter().any(is_proven) {
                continue;
            }
            let call = turn.blocks.iter().find_map(|block| match &block.content {
                Content::Call(call) => Some(call.id.clone()),
                _ => None,
            });
            let known = call.and_then(|id| self.thoughts.get(&(Arc::clone(whose), id)));
            if let Some(thoughts) = known {
                // What a client kept of them is their text at most.
                turn.blocks
                    .retain(|block| !matches!(block.content, Content::Thinking(_)));
                let blocks = thoughts
                    .iter()
                    .map(|thought| Block::new(Content::Thinking(thought.clone()), &*turn.at));
                turn.blocks.splice(0..0, blocks.collect::<Vec<_>>());
            }
        }
    }

    /// What listens to an answer.
    pub(super) fn listener(&self, whose: Arc<str>) -> Listener {
        Listener {
            recollection: self.clone(),
            whose,
            thoughts: Vec::new(),
            open: None,
            calls: Vec::new(),
            size: 0,
        }
    }
}

fn is_proven(block: &Block) -> bool {
    matches!(&block.content, Content::Thinking(thought) if thought.secret.is_some())
}

fn size(thought: &Thinking) -> usize {
    let secret = thought
        .secret
        .as_ref()
        .map_or(0, |secret| secret.data.len());
    thought.text.len() + secret
}

/// Listens to one answer; of several choices to the first.
#[derive(Debug, Clone)]
pub(super) struct Listener {
    recollection: Recollection,
    whose: Arc<str>,
    thoughts: Vec<Thinking>,
    /// The block of the thought that grows.
    open: Option<u32>,
    calls: Vec<String>,
    size: usize,
}

impl Listener {
    /// Listens to a whole answer.
    pub(super) fn whole(mut self, response: &Response) {
        for block in response.choices.iter().take(1).flat_map(|one| &one.blocks) {
            match &block.content {
                Content::Thinking(thought) => {
                    self.size += size(thought);
                    self.thoughts.push(thought.clone());
                }
                Content::Call(call) => self.calls.push(call.id.clone()),
                _ => {}
            }
        }
        self.keep();
    }

    /// Listens to a piece of an answer.
    pub(super) fn hear(&mut self, event: &Event) {
        if self.size > LARGEST {
            return;
        }
        match event {
            Event::Open {
                choice: 0,
                block,
                opening,
            } => self.begins(*block, opening),
            Event::Delta {
                choice: 0,
                block,
                delta,
            } if self.open == Some(*block) => {
                self.size += delta.size();
                let Some(thought) = self.thoughts.last_mut() else {
                    return;
                };
                match delta {
                    Delta::Text(text) => thought.text.push_str(text),
                    Delta::Secret(secret) => thought.secret = Some(secret.clone()),
                    Delta::Arguments(_) | Delta::Citation(_) => {}
                }
            }
            Event::Stop { choice: 0, .. } => self.keep(),
            _ => {}
        }
    }

    fn begins(&mut self, block: u32, opening: &Opening) {
        match opening {
            Opening::Thinking(family) => {
                self.open = Some(block);
                self.thoughts.push(Thinking {
                    family: *family,
                    ..Thinking::default()
                });
            }
            Opening::Redacted(secret) => {
                self.size += secret.data.len();
                self.thoughts.push(Thinking {
                    text: String::new(),
                    family: Some(secret.family),
                    secret: Some(secret.clone()),
                    redacted: true,
                });
            }
            Opening::Call(call) => {
                self.size += call.id.len();
                self.calls.push(call.id.clone());
            }
            Opening::Text | Opening::Refusal | Opening::Server { .. } | Opening::Media(_) => {}
        }
    }

    /// Remembers the thoughts that led to calls and that somebody can verify.
    fn keep(&mut self) {
        let calls = std::mem::take(&mut self.calls);
        let thoughts = std::mem::take(&mut self.thoughts);
        let proven = thoughts.iter().any(|thought| thought.secret.is_some());
        if !proven || self.size > LARGEST {
            return;
        }
        // A client may leave out calls; the turn is found by the first that is left.
        let thoughts: Arc<[Thinking]> = thoughts.into();
        // Google's ids are short, and random all the same.
        let random = |id: &String| {
            let of_call = |secret: &Secret| secret.id.as_deref() == Some(id.as_str());
            id.len() >= LEAST_RANDOM
                && thoughts
                    .iter()
                    .any(|thought| thought.secret.as_ref().is_some_and(of_call))
        };
        let known: Vec<String> = calls
            .into_iter()
            .filter(|id| id.len() >= SHORTEST || random(id))
            .collect();
        for id in known {
            let key = (Arc::clone(&self.whose), id);
            self.recollection
                .thoughts
                .insert(key, Arc::clone(&thoughts));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::dialects::{Client as _, Dialect, Reply, Upstream as _, gemini, openai_chat, sse};
    use crate::models::abilities::Abilities;
    use crate::models::chat::Family;

    /// What a chat client is answered by a model of another dialect, and gives back without the
    /// thought, as it reaches the model again.
    fn given_back(upstream: Dialect, stream: &[Value], target: &Abilities) -> Value {
        let recollection = Recollection::new();
        let whose: Arc<str> = "somebody".into();
        let mut listener = recollection.listener(Arc::clone(&whose));
        let mut reader = upstream.upstream().unwrap().event_reader(target.family, "");
        let mut events = Vec::new();
        for event in stream {
            let event = sse::Event {
                name: event["type"].as_str(),
                data: event.to_string().into_bytes().into(),
            };
            reader.read(&event, &mut events);
        }
        for event in &events {
            listener.hear(event);
        }
        let call = json!({"id": "call_0123456789abcdef", "type": "function",
            "function": {"name": "f", "arguments": "{}"}});
        let asked = json!({"model": "m", "messages": [
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_0123456789abcdef", "content": "r"}]});
        let asked = asked.to_string();
        let read = openai_chat::Chat.read_request(asked.as_bytes());
        let mut request = read.unwrap();
        recollection.restore(&whose, &mut request);
        let written = upstream
            .upstream()
            .unwrap()
            .write_request(&request, target, "gpt-5.2");
        serde_json::from_slice(&written.unwrap().body).unwrap()
    }

    #[test]
    fn a_reasoning_item_comes_back_before_its_call() {
        let thought = json!({"id": "rs_1", "type": "reasoning", "summary": [],
            "encrypted_content": "gAAA"});
        let call = json!({"id": "fc_1", "type": "function_call", "status": "completed",
            "call_id": "call_0123456789abcdef", "name": "f", "arguments": "{}"});
        let response = json!({"id": "resp_1", "status": "completed", "output": [thought, call]});
        let stream = [
            json!({"type": "response.created", "response": {"id": "resp_1"}}),
            json!({"type": "response.output_item.done", "output_index": 0, "item": thought}),
            json!({"type": "response.output_item.done", "output_index": 1, "item": call}),
            json!({"type": "response.completed", "response": response}),
        ];
        let target = Abilities {
            family: Family::OpenAi,
            openai_reasoning: true,
            ..Abilities::default()
        };
        let body = given_back(Dialect::Responses, &stream, &target);
        assert_eq!(body["input"][1], thought);
        assert_eq!(body["input"][2]["type"], "function_call");
        assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
    }

    fn thoughts(request: &Request) -> Vec<(String, String)> {
        let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
        blocks
            .filter_map(|block| match &block.content {
                Content::Thinking(thought) => Some(thought),
                _ => None,
            })
            .map(|thought| {
                let secret = thought.secret.as_ref();
                let data = secret.map(|secret| secret.data.clone());
                (thought.text.clone(), data.unwrap_or_default())
            })
            .collect()
    }

    #[test]
    fn a_secret_of_gemini_is_remembered_under_its_short_id_and_in_place_of_bare_text() {
        let answer = br#"{"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true},
            {"functionCall":{"id":"gk3x9q2m","name":"f","args":{}},"thoughtSignature":"EgQKAgED"}]},
            "finishReason":"STOP"}],"modelVersion":"gemini-3-flash-preview","responseId":"r"}"#;
        let response = gemini::Gemini
            .read_response(answer, Family::Google, "")
            .unwrap();
        let shown = openai_chat::Chat.write_response(&response, &Reply::default());
        assert!(String::from_utf8(shown).unwrap().contains("gk3x9q2m"));

        let recollection = Recollection::new();
        let whose: Arc<str> = "usr_1".into();
        recollection.listener(Arc::clone(&whose)).whole(&response);
        for kept in ["", r#""reasoning_content":"Hm.","#] {
            let body = format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":"x"}},
                {{"role":"assistant",{kept}"content":null,"tool_calls":[{{"id":"gk3x9q2m","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}]}},
                {{"role":"tool","tool_call_id":"gk3x9q2m","content":"r"}}]}}"#
            );
            let read = openai_chat::Chat.read_request(body.as_bytes());
            let mut request = read.unwrap();
            recollection.restore(&whose, &mut request);
            let wanted = ("Hm.".to_owned(), "EgQKAgED".to_owned());
            assert_eq!(thoughts(&request), [wanted]);
            let mut others = openai_chat::Chat.read_request(body.as_bytes()).unwrap();
            recollection.restore(&"usr_2".into(), &mut others);
            assert!(
                thoughts(&others)
                    .iter()
                    .all(|(_, secret)| secret.is_empty())
            );
        }
    }
}
