//! A request for each thing a client can say, beside the same without it.
//!
//! A field or a kind that is not listed here does not compile, or fails the test.

use manti::dialects::Dialect;
use manti::models::chat::{
    Block, Cache, CallKind, Citation, Content, Extra, Format, Raw, Request, Role, ServerTool,
    Source, ToolChoice, ToolKind, Turn,
};

use self::asked::{choices, formats, reasoning, sampling, tools};
use self::blocks::{block, blocks};
use crate::translation::streams::both;

/// Something a client can say.
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) without: Request,
    pub(super) with: Request,
    /// Where stands what it is said of: where that is told as lost, all of it is.
    pub(super) of: Vec<String>,
}

/// A value of a type for each sample of each of its fields, beside the plain one; a field that is
/// not listed does not compile.
macro_rules! each_field {
    ($plain:expr, $kind:path { $($field:tt: [$($value:expr),* $(,)?]),* $(,)? }) => {{
        let plain = $plain;
        assert!(matches!(plain, $kind { $($field: _),* }));
        let mut all = Vec::new();
        $($({
            let mut varied = plain.clone();
            if let Some($kind { $field: place, .. }) = Some(&mut varied) {
                *place = $value;
            }
            let name = concat!(stringify!($kind), ".", stringify!($field)).replace(' ', "");
            all.push((name, plain.clone(), varied));
        })*)*
        all
    }};
}

/// The name of a value's kind, and all there are; one that is not listed does not compile.
macro_rules! kinds {
    ($name:ident, $kind:ident: $($variant:ident),* $(,)?) => {
        fn $name(value: &$kind) -> &'static str {
            match value {
                $($kind::$variant { .. } => stringify!($variant)),*
            }
        }
        impl Kinds for $kind {
            const ALL: &'static [&'static str] = &[$(stringify!($variant)),*];
            fn name(&self) -> &'static str {
                $name(self)
            }
        }
    };
}

/// Where what is put into a request is said to have stood.
const TOOL: &str = "tools[1]";
const LAST: &str = "messages[9]";
const BLOCK: &str = "messages[7].content[7]";
const MARK: &str = "messages[7].content[7].cache_control";

trait Kinds {
    const ALL: &'static [&'static str];
    fn name(&self) -> &'static str;
}

kinds!(content, Content: Text, Image, File, Audio, Video, Thinking, Call, Result, Server, Refusal);
kinds!(source, Source: Inline, Url, Stored, Text, Other);
kinds!(citation, Citation: Url, Other);
kinds!(format, Format: Json, Text, Schema);
kinds!(tool, ToolKind: Function, Custom, Server);
kinds!(server, ServerTool: WebSearch, Other);
kinds!(choice, ToolChoice: None, Auto, Required, Tool, Allowed);
kinds!(call, CallKind: Function, Custom);

mod asked;
mod blocks;

/// Panics unless each kind is there.
fn complete<'a, T: Kinds + 'a>(values: impl Iterator<Item = &'a T>) {
    let names: Vec<&str> = values.map(Kinds::name).collect();
    for kind in T::ALL {
        assert!(names.contains(kind), "no sample of {kind}");
    }
}

fn raw(text: &str) -> Raw {
    Raw::parse(text).unwrap()
}

fn word<T: From<String>>(text: &str) -> T {
    T::from(text.to_owned())
}

/// A conversation of a client's with a tool that was called.
pub(super) fn plain(client: Dialect) -> Request {
    let body = match client {
        Dialect::Chat => {
            r#"{"model":"m","messages":[{"role":"system","content":"s"},
            {"role":"user","content":"u"},
            {"role":"assistant","content":"a","tool_calls":[{"id":"t1","type":"function",
                "function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"t1","content":"r"},{"role":"user","content":"v"}],
            "tools":[{"type":"function","function":{"name":"f",
                "parameters":{"type":"object","properties":{}}}}]}"#
        }
        Dialect::Responses => {
            r#"{"model":"m","instructions":"s","store":false,"input":[
            {"role":"user","content":"u"},
            {"role":"assistant","content":[{"type":"output_text","text":"a"}]},
            {"type":"function_call","call_id":"t1","name":"f","arguments":"{}"},
            {"type":"function_call_output","call_id":"t1","output":"r"},
            {"role":"user","content":"v"}],
            "tools":[{"type":"function","name":"f","strict":false,
                "parameters":{"type":"object","properties":{}}}]}"#
        }
        Dialect::Messages => {
            r#"{"model":"m","max_tokens":2000,"system":"s","messages":[
            {"role":"user","content":"u"},
            {"role":"assistant","content":[{"type":"text","text":"a"},
                {"type":"tool_use","id":"t1","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r"},
                {"type":"text","text":"v"}]}],
            "tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]}"#
        }
        Dialect::Gemini => {
            r#"{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[
            {"role":"user","parts":[{"text":"u"}]},
            {"role":"model","parts":[{"text":"a"},{"functionCall":{"id":"t1","name":"f","args":{}}}]},
            {"role":"user","parts":[{"functionResponse":{"id":"t1","name":"f",
                "response":{"result":"r"}}},{"text":"v"}]}],
            "tools":[{"functionDeclarations":[{"name":"f",
                "parametersJsonSchema":{"type":"object","properties":{}}}]}]}"#
        }
        other => panic!("no client of conversations speaks {other:?}"),
    };
    both(client).read_request(body.as_bytes()).unwrap()
}

/// All that a client can say.
pub(super) fn all(client: Dialect) -> Vec<Sample> {
    let plain = plain(client);
    let fields = each_field!(
        plain.clone(),
        Request {
            // Whose words and which model: no field of the request.
            family: [],
            spelling: [],
            model: [],
            // Each by its own kind, below.
            system: [],
            turns: [],
            tools: [],
            choice: [],
            format: [],
            sampling: [],
            reasoning: [],
            parallel: [Some(false)],
            max_output: [Some(1500)],
            stop: [
                vec!["x".to_owned()],
                (0..9).map(|n| n.to_string()).collect()
            ],
            answers: [Some(2)],
            tier: [word("flex"), word("priority"), word("zork")],
            end_user: [word("somebody")],
            stream: [true],
            // Of the answer alone.
            include_usage: [],
            cache: [Some(Cache::default())],
            extras: [extra("zork"), extra("logit_bias"), extra("metadata.zork")],
            unsaid: [vec!["messages[0].zork".to_owned()]],
            // Names of what stands elsewhere, and what the answer repeats.
            paths: [],
            echo: [],
        }
    );
    let mut all = Vec::new();
    let (format, schema) = plain.paths.format;
    let tool = plain.tools[0].at.clone();
    let mut samples = Samples {
        plain: &plain,
        all: &mut all,
    };
    samples.add(&[], fields, |request, value| *request = value);
    samples.add(&[plain.paths.logprobs], sampling(), |request, value| {
        request.sampling = value;
    });
    samples.add(&[plain.paths.reasoning], reasoning(), |request, value| {
        request.reasoning = value;
    });
    samples.add(&[format, schema], formats(), |request, value| {
        request.format = value;
    });
    samples.add(&[&tool], choices(), |request, value| request.choice = value);
    samples.add(&[TOOL], tools(), |request, value| {
        request.tools.extend(value);
    });
    samples.add(&[LAST], turns(&plain), |request, value| {
        request.turns = value;
    });
    for (place, name) in ["system", "user", "assistant", "result"]
        .into_iter()
        .enumerate()
    {
        let blocks = blocks().into_iter();
        let blocks = blocks.map(|(of, without, with)| (format!("{name} {of}"), without, with));
        samples.add(&[BLOCK, MARK], blocks.collect(), |request, value| {
            put(request, place, value);
        });
    }
    all
}

/// Samples on their way.
struct Samples<'a> {
    plain: &'a Request,
    all: &'a mut Vec<Sample>,
}

impl Samples<'_> {
    fn add<T>(&mut self, of: &[&str], values: Vec<(String, T, T)>, set: impl Fn(&mut Request, T)) {
        for (name, without, with) in values {
            let asked = |value| {
                let mut request = self.plain.clone();
                set(&mut request, value);
                request
            };
            self.all.push(Sample {
                name,
                without: asked(without),
                with: asked(with),
                of: of.iter().map(|at| (*at).to_owned()).collect(),
            });
        }
    }
}

/// Puts more blocks into one of the places of a request.
fn put(request: &mut Request, place: usize, blocks: Vec<Block>) {
    let mut turns = request.turns.iter_mut();
    let said = match place {
        0 => &mut request.system,
        1 => &mut turns.next().unwrap().blocks,
        2 => {
            let turn = turns.find(|turn| turn.role == Role::Assistant);
            &mut turn.unwrap().blocks
        }
        _ => {
            let blocks = turns.flat_map(|turn| &mut turn.blocks);
            let mut results = blocks.filter_map(|block| match &mut block.content {
                Content::Result(result) => Some(&mut result.blocks),
                _ => None,
            });
            results.next().unwrap()
        }
    };
    // Before calls, where thoughts have to be.
    said.splice(0..0, blocks);
}

fn extra(name: &str) -> Vec<Extra> {
    vec![Extra {
        name: name.to_owned(),
        value: raw("{\"7\":1}"),
    }]
}

/// The turns of a conversation, each time with something else said of one.
fn turns(plain: &Request) -> Vec<(String, Vec<Turn>, Vec<Turn>)> {
    let mut all = Vec::new();
    for place in [0, 1] {
        let fields = each_field!(
            plain.turns[place].clone(),
            Turn {
                role: [Role::System],
                // By their kinds.
                blocks: [],
                name: [word("n")],
                // Where it stood.
                at: [],
                // Of the last turn alone.
                prefix: [],
            }
        );
        for (name, _, with) in fields {
            let mut turns = plain.turns.clone();
            turns[place] = with;
            all.push((name, plain.turns.clone(), turns));
        }
    }
    // The answer is to go on with what is said already.
    let last = Turn {
        role: Role::Assistant,
        blocks: vec![block(Content::text("go on"))],
        name: None,
        at: LAST.to_owned(),
        prefix: false,
    };
    for (name, without, with) in each_field!(
        last.clone(),
        Turn {
            role: [Role::User],
            blocks: [vec![block(Content::text("go further"))]],
            name: [word("n")],
            at: [],
            prefix: [true],
        }
    ) {
        let with_last = |last| [plain.turns.clone(), vec![last]].concat();
        all.push((format!("last {name}"), with_last(without), with_last(with)));
    }
    let prefilled = [plain.turns.clone(), vec![last]].concat();
    all.push(("last Turn".to_owned(), plain.turns.clone(), prefilled));
    all
}
