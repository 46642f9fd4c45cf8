//! What a model can be told, as data: the writers of requests go by it.

use super::chat::{Family, Role};

/// What a model can be told. [`Abilities::default`] permits everything.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a model"
)]
pub struct Abilities {
    /// Whose secrets it can verify.
    pub family: Family,
    /// The most tokens read and written together.
    pub context: Option<u64>,
    /// The most output tokens.
    pub max_output: Option<u64>,
    /// How thinking is asked for.
    pub thinking: Thinking,
    /// Whether thinking can be switched off.
    pub thinking_off: ThinkingOff,
    /// Whether it takes temperature, `top_p` and `top_k`.
    pub sampling: bool,
    /// Whether temperature and `top_p` go together.
    pub temperature_with_top_p: bool,
    /// Whether a tool can be forced at all.
    pub forced_tool: bool,
    /// Whether an answer can be bound to a schema.
    pub structured_output: bool,
    /// Whether the last turn may be the model's own.
    pub prefill: bool,
    /// Whether chat completions take a last turn of the model's own, marked `prefix`.
    pub prefix: bool,
    /// OpenAI's reasoning models: `max_completion_tokens`, role `developer`, no penalties.
    pub openai_reasoning: bool,
    /// Whether the limit on output is called `max_completion_tokens`.
    pub max_completion_tokens: bool,
    /// The efforts it knows, from the least; empty: any word goes.
    pub efforts: &'static [&'static str],
    /// The least and the most tokens that may be set aside for thinking, where that is bounded.
    pub budgets: Option<(u64, u64)>,
    /// Whether a call is refused that comes back without the secret it was made with.
    pub signed_calls: bool,
    /// Whether it is shown pictures, and hears sound.
    pub images: bool,
    /// Whether it is shown documents that are not text.
    pub documents: bool,
    /// Whether pictures and documents may stand elsewhere: at an address, or in its maker's store.
    pub addresses: bool,
    /// Whether it can call tools.
    pub tools: bool,
    /// Whether it can search the web by itself.
    pub web_search: bool,
    /// The longest name of a tool.
    pub tool_name: usize,
    /// What ids of calls may look like.
    pub ids: Ids,
    /// How thinking goes back in chat completions.
    pub carriage: Carriage,
    /// How cache marks are spelled in chat completions.
    pub cache_marks: CacheMarks,
    /// How documents and sound are spelled in chat completions.
    pub attachments: Attachments,
    /// Whose fields it takes beside those of Bedrock's Converse.
    pub beside: Beside,
    /// Fields of the wire format that the server refuses; `field=word` where it has another word
    /// or another form, `list[].field` and `list[other!=word].field` for those of a list's items.
    pub refuses: &'static [&'static str],
    /// Fields that a body which is passed on as it came must not have: at its top, and in lists.
    pub leaves_out: &'static [&'static str],
    /// Top-level fields that the server knows under another name.
    pub renames: &'static [(&'static str, &'static str)],
    /// Fields that are `true` in each request.
    pub always: &'static [&'static str],
}

/// How thinking is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// Not at all.
    None,
    /// With a budget of tokens.
    Manual,
    /// With a budget, or as the model sees fit.
    Either,
    /// As the model sees fit.
    Adaptive,
    /// With a word for the effort.
    Effort,
    /// With a switch: `thinking.type`.
    Switch,
}

/// Whether thinking can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThinkingOff {
    /// Always.
    Yes,
    /// Not with effort `xhigh` or `max`.
    UnlessHighEffort,
    /// Never.
    No,
}

/// What ids of calls may look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// None, where the format can do without: results are found by name and order.
    None,
    /// Anything.
    Any,
    /// At most so many characters.
    AtMost(usize),
    /// Letters, digits, `_` and `-`.
    Word,
    /// Exactly nine letters and digits.
    Nine,
}

/// How thinking goes back in chat completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carriage {
    /// Not at all.
    None,
    /// As `reasoning_content`.
    Content,
    /// As `reasoning_details`, secrets included.
    Details,
}

/// How cache marks are spelled in chat completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMarks {
    /// Not at all.
    None,
    /// `prompt_cache_breakpoint`.
    Breakpoint,
    /// `cache_control`, as Anthropic spells them.
    CacheControl,
}

/// How documents and sound are spelled in chat completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachments {
    /// `file`, and `input_audio` with a format.
    OpenAi,
    /// `document_url`, and `input_audio` that is the bytes.
    Mistral,
}

/// Whose fields a model takes beside those of Bedrock's Converse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Nobody's.
    Nothing,
    /// Anthropic's: `thinking`, `output_config`, `top_k`.
    Claude,
    /// OpenAI's: `reasoning_effort`.
    GptOss,
    /// Amazon's: `reasoningConfig`, `inferenceConfig.topK`.
    Nova,
}

impl Abilities {
    /// Whether a message may say who speaks by name.
    pub fn takes_names(&self, role: Role) -> bool {
        let refused = |field| self.refuses.contains(&field);
        !refused("messages[].name") && (role == Role::User || !refused("messages[role!=user].name"))
    }
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            family: Family::Other,
            context: None,
            max_output: None,
            thinking: Thinking::Either,
            thinking_off: ThinkingOff::Yes,
            sampling: true,
            temperature_with_top_p: true,
            forced_tool: true,
            structured_output: true,
            prefill: true,
            prefix: false,
            openai_reasoning: false,
            max_completion_tokens: false,
            efforts: &[],
            budgets: None,
            signed_calls: false,
            images: true,
            documents: true,
            addresses: true,
            tools: true,
            web_search: false,
            tool_name: 128,
            ids: Ids::Any,
            carriage: Carriage::Content,
            cache_marks: CacheMarks::None,
            attachments: Attachments::OpenAi,
            beside: Beside::Nothing,
            refuses: &[],
            leaves_out: &[],
            renames: &[],
            always: &[],
        }
    }
}
