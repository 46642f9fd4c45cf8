//! What a server wants otherwise than OpenAI, as data.

use std::fmt;

use crate::models::abilities::{Abilities, Attachments, CacheMarks, Carriage, Ids, Thinking};

/// One thing that a server wants otherwise than OpenAI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Thinking goes back so.
    Carriage(Carriage),
    /// Cache marks are spelled so.
    CacheMarks(CacheMarks),
    /// Documents and sound are spelled so.
    Attachments(Attachments),
    /// Ids of calls look so.
    Ids(Ids),
    /// Names of tools are no longer than this.
    ToolName(usize),
    /// Thinking is asked for so.
    Thinking(Thinking),
    /// A model that thinks by a switch elsewhere is asked with a word for the effort.
    EffortForSwitch,
    /// Fields it refuses: they are left out. With a word behind it, `field=word`, one that it
    /// knows in another spelling; with a list before it, `list[].field` or
    /// `list[other!=word].field`, one of the list's items.
    Refuses(&'static [&'static str]),
    /// Fields it knows under another name.
    Renames(&'static [(&'static str, &'static str)]),
    /// Fields that are `true` in each request.
    Always(&'static [&'static str]),
    /// No tool can be forced.
    NoForcedTool,
    /// No tool can be forced while it thinks: thinking, which is a switch, is put off for one.
    ForcedToolEndsThinking,
    /// Answers cannot be bound to a schema.
    NoSchema,
    /// It is shown text alone.
    TextOnly,
    /// It calls no tools.
    NoTools,
    /// It searches the web by itself.
    WebSearch,
    /// The model's own last turn is marked `prefix`.
    Prefix,
}

impl Quirk {
    /// Changes what a model can be told.
    pub fn apply(self, abilities: &mut Abilities) {
        match self {
            Self::Carriage(carriage) => abilities.carriage = carriage,
            Self::CacheMarks(marks) => abilities.cache_marks = marks,
            Self::Attachments(attachments) => abilities.attachments = attachments,
            Self::Ids(ids) => abilities.ids = ids,
            Self::ToolName(longest) => abilities.tool_name = longest,
            Self::Thinking(thinking) => abilities.thinking = thinking,
            Self::EffortForSwitch => {
                if abilities.thinking == Thinking::Switch {
                    abilities.thinking = Thinking::Effort;
                }
            }
            Self::Refuses(fields) => {
                abilities.refuses = fields;
                abilities.leaves_out = fields;
            }
            Self::Renames(fields) => {
                abilities.renames = fields;
                abilities.max_completion_tokens = false;
            }
            Self::Always(fields) => abilities.always = fields,
            Self::NoForcedTool | Self::ForcedToolEndsThinking => abilities.forced_tool = false,
            Self::NoSchema => abilities.structured_output = false,
            Self::TextOnly => {
                abilities.images = false;
                abilities.documents = false;
            }
            Self::NoTools => abilities.tools = false,
            Self::WebSearch => abilities.web_search = true,
            Self::Prefix => abilities.prefix = true,
        }
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Carriage(Carriage::None) => "is given no thinking back",
            Self::Carriage(Carriage::Content) => "thinking goes back as reasoning_content",
            Self::Carriage(Carriage::Details) => "thinking goes back as reasoning_details",
            Self::CacheMarks(CacheMarks::None) => "no cache marks",
            Self::CacheMarks(CacheMarks::Breakpoint) => "cache marks as prompt_cache_breakpoint",
            Self::CacheMarks(CacheMarks::CacheControl) => "cache marks as cache_control",
            Self::Attachments(Attachments::OpenAi) => "documents are file",
            Self::Attachments(Attachments::Mistral) => {
                "documents are document_url, input_audio is the bytes"
            }
            Self::Ids(Ids::None) => "no ids of calls",
            Self::Ids(Ids::Any) => "any ids of calls",
            Self::Ids(Ids::Word) => "ids of calls in letters, digits, _ and -",
            Self::Ids(Ids::Nine) => "ids of calls of nine letters and digits",
            Self::Ids(Ids::AtMost(most)) => {
                return write!(f, "ids of calls up to {most} characters");
            }
            Self::ToolName(most) => return write!(f, "names of tools up to {most} characters"),
            Self::Thinking(Thinking::Switch) => "thinking is a switch",
            Self::Thinking(Thinking::Effort) => "thinking is a word for the effort",
            Self::Thinking(Thinking::None) => "no thinking",
            Self::Thinking(Thinking::Manual | Thinking::Either | Thinking::Adaptive) => {
                "thinking has a budget"
            }
            Self::EffortForSwitch => "a word for the effort in the place of a switch",
            Self::Refuses(fields) => return refuses(f, fields),
            Self::Renames(fields) => {
                let each = fields.iter().map(|(from, to)| format!("{from} is {to}"));
                return f.write_str(&each.collect::<Vec<_>>().join(", "));
            }
            Self::Always(fields) => return write!(f, "wants {}", fields.join(", ")),
            Self::NoForcedTool => "no tool can be forced",
            Self::ForcedToolEndsThinking => "a forced tool switches thinking off",
            Self::NoSchema => "no schemas for answers",
            Self::TextOnly => "text alone",
            Self::NoTools => "no tools",
            Self::WebSearch => "searches the web by itself",
            Self::Prefix => "a last turn of the model's own is marked prefix",
        };
        f.write_str(text)
    }
}

/// What is refused, and what is only spelled otherwise.
fn refuses(f: &mut fmt::Formatter<'_>, fields: &[&str]) -> fmt::Result {
    let (spelled, refused): (Vec<&str>, Vec<&str>) =
        fields.iter().partition(|field| field.contains('='));
    let refused = (!refused.is_empty()).then(|| format!("refuses {}", refused.join(", ")));
    let spelled = spelled.into_iter().map(|field| spelling(field).to_owned());
    let told: Vec<String> = refused.into_iter().chain(spelled).collect();
    f.write_str(&told.join("; "))
}

/// How a field is spelled, for a person.
fn spelling(field: &str) -> &str {
    match field {
        "content=list" => "results of tools are one text",
        "response_format=alone" => "no form of the answer beside tools",
        "thinking=enable_thinking" => "thinking is enable_thinking",
        "messages[role!=user].name" => "names on messages of users alone",
        "tool_choice=required" => "tool_choice `required` is `any`",
        other => other,
    }
}

/// What OpenAI's own servers want, whoever runs them.
pub(super) const OPENAI: &[Quirk] = &[
    Quirk::Carriage(Carriage::None),
    Quirk::Ids(Ids::AtMost(40)),
    Quirk::ToolName(64),
];

/// The limit on output under its old name.
pub(super) const MAX_TOKENS: Quirk = Quirk::Renames(&[("max_completion_tokens", "max_tokens")]);

/// Thinking by a switch, `thinking.type`.
pub(super) const SWITCH: Quirk = Quirk::Thinking(Thinking::Switch);
