//! What the demo answers.

use super::ask::Ask;
use super::words;
use crate::models::id;

/// About so many pieces a stream has.
const PIECES: usize = 20;
/// So many words of the question are said back.
const ECHOED: usize = 12;

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// Everything is said.
    Said,
    /// The limit is reached.
    Length,
    /// This was not to be said.
    Stop(String),
}

/// An answer, whatever format it is written in.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) created: i64,
    /// The text, in about [`PIECES`] pieces.
    pub(super) pieces: Vec<String>,
    pub(super) end: End,
    pub(super) choices: u32,
    pub(super) include_usage: bool,
    pub(super) input_tokens: u64,
    /// Of all choices.
    pub(super) output_tokens: u64,
}

impl Answer {
    pub(super) fn new(ask: &Ask, model: &str, created: i64) -> Self {
        let mut text = say(&ask.said);
        let mut end = End::Said;
        let stop = ask
            .stops
            .iter()
            .filter_map(|stop| Some((text.find(stop)?, stop)));
        if let Some((at, stop)) = stop.min_by_key(|(at, _)| *at) {
            text.truncate(at);
            end = End::Stop(stop.clone());
        }
        let mut tokens = words::tokens(&text);
        let most = ask.most_tokens.map_or(usize::MAX, |most| {
            usize::try_from(most).unwrap_or(usize::MAX)
        });
        if tokens.len() > most {
            tokens.truncate(most);
            end = End::Length;
        }
        let output = tokens.len() as u64 * u64::from(ask.choices);
        Self {
            id: id::mint("demo").split_off("demo_".len()),
            model: model.to_owned(),
            created,
            pieces: tokens
                .chunks(tokens.len().div_ceil(PIECES).max(1))
                .map(<[&str]>::concat)
                .collect(),
            end,
            choices: ask.choices,
            include_usage: ask.include_usage,
            input_tokens: ask.input_tokens,
            output_tokens: output,
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        self.pieces.concat()
    }
}

fn say(said: &str) -> String {
    let count = said.split_whitespace().count();
    let echo: Vec<&str> = said.split_whitespace().take(ECHOED).collect();
    let mut echo = echo.join(" ");
    echo.truncate(echo.floor_char_boundary(200));
    let more = if count > ECHOED { " …" } else { "" };
    let words = if count == 1 { "word" } else { "words" };
    format!(
        "You said “{echo}{more}” ({count} {words}). I am the demo model of Manti: I need no network and \
         no key, and I give the same question the same answer. 你好, ¡hola!, привет – and a crab: 🦀"
    )
}
