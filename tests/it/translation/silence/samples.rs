//! A request for each thing a client can say, beside the same without it.
//!
//! A field or a kind that is not listed here does not compile, or fails the test.

use manti::dialects::Dialect;
use manti::models::chat::{
    Block, Cache, Call, CallKind, Citation, Content, Extra, Family, Format, Media, Raw, Reasoning,
    Request, Role, Sampling, Secret, ServerTool, Source, Thinking, Tool, ToolChoice, ToolKind,
    ToolResult, Turn,
};

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

fn word(text: &str) -> Option<String> {
    Some(text.to_owned())
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
        request.format = value
    });
    samples.add(&[&tool], choices(), |request, value| request.choice = value);
    samples.add(&[TOOL], tools(), |request, value| {
        request.tools.extend(value)
    });
    samples.add(&[LAST], turns(&plain), |request, value| {
        request.turns = value
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

fn sampling() -> Vec<(String, Sampling, Sampling)> {
    let mut all = each_field!(
        Sampling::default(),
        Sampling {
            temperature: [Some(raw("0.5")), Some(raw("1.5"))],
            top_p: [Some(raw("0.5"))],
            top_k: [Some(raw("5"))],
            seed: [Some(raw("5"))],
            frequency_penalty: [Some(raw("0.5"))],
            presence_penalty: [Some(raw("0.5"))],
            logprobs: [Some(raw("true"))],
            // Beside `logprobs` alone.
            top_logprobs: [],
        }
    );
    let likely = Sampling {
        logprobs: Some(raw("true")),
        ..Sampling::default()
    };
    let more = Sampling {
        top_logprobs: Some(raw("3")),
        ..likely.clone()
    };
    all.push(("Sampling.top_logprobs".to_owned(), likely, more));
    all
}

fn reasoning() -> Vec<(String, Reasoning, Reasoning)> {
    each_field!(
        Reasoning::default(),
        Reasoning {
            off: [true],
            effort: [word("minimal"), word("low"), word("high"), word("max")],
            budget: [Some(1024), Some(9000)],
            adaptive: [true],
            // Of the answer alone: what is shown of it.
            visible: [],
            sealed: [],
        }
    )
}

fn formats() -> Vec<(String, Option<Format>, Option<Format>)> {
    let schema = Format::Schema {
        name: None,
        description: None,
        strict: None,
        schema: raw(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#),
    };
    let fields = each_field!(
        schema.clone(),
        Format::Schema {
            name: [word("n")],
            description: [word("d")],
            strict: [Some(true)],
            schema: [
                raw(r#"{"type":"object","properties":{"b":{"type":"string"}}}"#),
                raw(r#"{"type":"object","properties":{"a":{"type":"string","pattern":"x"}}}"#),
            ],
        }
    );
    let kinds = [Format::Text, Format::Json, schema];
    complete(kinds.iter());
    let [_, json, schema] = kinds.map(Some);
    // `Text` is what there is without one.
    let none = || Some(Format::Text);
    let mut all: Vec<_> = fields
        .into_iter()
        .map(|(name, without, with)| (name, Some(without), Some(with)))
        .collect();
    all.push(("Format::Json".to_owned(), none(), json));
    all.push(("Format::Schema".to_owned(), none(), schema));
    all
}

fn choices() -> Vec<(String, Option<ToolChoice>, Option<ToolChoice>)> {
    let allowed = ToolChoice::Allowed {
        names: vec!["f".to_owned()],
        required: false,
    };
    let fields = each_field!(
        allowed.clone(),
        ToolChoice::Allowed {
            names: [Vec::new()],
            required: [true],
        }
    );
    let kinds = [
        ToolChoice::Auto,
        ToolChoice::None,
        ToolChoice::Required,
        ToolChoice::Tool("f".to_owned()),
        allowed,
    ];
    complete(kinds.iter());
    let mut all: Vec<_> = fields
        .into_iter()
        .map(|(name, without, with)| (name, Some(without), Some(with)))
        .collect();
    // `Auto` is what there is without one, and so is a choice among all tools.
    for kind in &kinds[1..4] {
        let name = format!("ToolChoice::{}", kind.name());
        all.push((name, None, Some(kind.clone())));
    }
    all
}

fn tools() -> Vec<(String, Vec<Tool>, Vec<Tool>)> {
    let schema = raw(r#"{"type":"object","properties":{"y":{}}}"#);
    let kind = |kind| Tool {
        name: "g".to_owned(),
        description: None,
        kind,
        cache: None,
        at: TOOL.to_owned(),
        extras: Vec::new(),
    };
    let function = ToolKind::Function {
        schema: Some(schema),
        strict: None,
    };
    let custom = ToolKind::Custom { format: None };
    let search = ServerTool::WebSearch {
        family: Family::OpenAi,
        allowed: Vec::new(),
        blocked: Vec::new(),
        location: None,
        context: None,
        max_uses: None,
        raw: raw(r#"{"type":"web_search"}"#),
    };
    let mut kinds = vec![function.clone(), custom.clone()];
    let servers = [
        search.clone(),
        other_tool(Family::OpenAi),
        other_tool(Family::Google),
    ];
    complete(servers.iter());
    kinds.extend(servers.map(ToolKind::Server));
    complete(kinds.iter());
    let mut all = Vec::new();
    for each in kinds {
        let name = format!("ToolKind::{}", each.name());
        all.push((name, Vec::new(), vec![kind(each)]));
    }
    let mut varied = each_field!(
        function.clone(),
        ToolKind::Function {
            schema: [
                None,
                Some(raw(r#"{"type":"object","properties":{"z":{}}}"#))
            ],
            strict: [Some(true)],
        }
    );
    varied.extend(each_field!(
        custom,
        ToolKind::Custom {
            format: [Some(raw(
                r#"{"type":"grammar","syntax":"lark","definition":"x"}"#
            ))],
        }
    ));
    varied.extend(
        each_field!(
            search,
            ServerTool::WebSearch {
                // Whose spelling it is in, and that spelling.
                family: [],
                raw: [],
                allowed: [vec!["x.com".to_owned()]],
                blocked: [vec!["x.com".to_owned()]],
                location: [Some(raw(r#"{"city":"Bonn"}"#))],
                context: [word("high")],
                max_uses: [Some(3)],
            }
        )
        .into_iter()
        .map(|(name, without, with)| (name, ToolKind::Server(without), ToolKind::Server(with))),
    );
    for (name, without, with) in varied {
        all.push((name, vec![kind(without)], vec![kind(with)]));
    }
    let fields = each_field!(
        kind(function),
        Tool {
            name: ["h".to_owned()],
            description: [word("d")],
            // By its kinds, above.
            kind: [],
            cache: [Some(Cache::default())],
            // Where it stood.
            at: [],
            extras: [vec![("tools[1].zork".to_owned(), raw("1"))]],
        }
    );
    all.extend(
        fields
            .into_iter()
            .map(|(name, without, with)| (name, vec![without], vec![with])),
    );
    all
}

fn other_tool(family: Family) -> ServerTool {
    ServerTool::Other {
        family,
        raw: raw(r#"{"type":"zork"}"#),
    }
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

fn block(content: Content) -> Block {
    Block::new(content, BLOCK)
}

/// Blocks to be put anywhere.
fn blocks() -> Vec<(String, Vec<Block>, Vec<Block>)> {
    let contents = contents();
    complete(contents.iter());
    let mut all = Vec::new();
    for content in contents {
        let name = match &content {
            Content::Server { family, .. } => format!("Content::Server({})", family.as_str()),
            content => format!("Content::{}", content.name()),
        };
        let fields = each_field!(
            block(content),
            Block {
                // By its fields, below.
                content: [],
                cache: [
                    Some(Cache::default()),
                    Some(Cache {
                        ttl: word("1h"),
                        ..Cache::default()
                    }),
                ],
                // Where it stood.
                at: [],
            }
        );
        let (_, block, _) = fields[0].clone();
        all.push((name.clone(), Vec::new(), vec![block]));
        for (of, without, with) in fields {
            all.push((format!("{name} {of}"), vec![without], vec![with]));
        }
    }
    let marked = |cache| Block {
        cache: Some(cache),
        ..block(Content::text("x"))
    };
    for (name, without, with) in each_field!(
        Cache::default(),
        Cache {
            ttl: [word("1h"), word("zork")],
            others: [vec!["zork".to_owned()]],
            // How it was spelt.
            breakpoint: [],
        }
    ) {
        all.push((name, vec![marked(without)], vec![marked(with)]));
    }
    for (name, without, with) in fields() {
        all.push((name, vec![block(without)], vec![block(with)]));
    }
    all
}

/// One of each kind.
fn contents() -> Vec<Content> {
    let mut all = vec![
        Content::text("x"),
        Content::Audio(media("wav", "UklGRg==")),
        Content::Thinking(thinking()),
        Content::Call(call_of("t7")),
        Content::Result(result_of("t7")),
        Content::Refusal("no".to_owned()),
    ];
    let server = |family| Content::Server {
        family,
        raw: raw(r#"{"type":"zork","a":1}"#),
    };
    all.extend([Family::OpenAi, Family::Anthropic, Family::Google].map(server));
    let sources = sources();
    complete(sources.iter());
    for source in sources {
        all.push(image(source.clone()));
        all.push(file(source.clone()));
        all.push(Content::Video(source));
    }
    all
}

fn media(kind: &str, data: &str) -> Media {
    Media {
        kind: kind.to_owned(),
        data: data.to_owned(),
    }
}

fn sources() -> Vec<Source> {
    let inline = |kind| Source::Inline(media(kind, "AAAA"));
    let mut all: Vec<Source> = [
        "image/png",
        "image/tiff",
        "application/pdf",
        "text/csv",
        "application/zip",
        "video/mp4",
    ]
    .map(inline)
    .into();
    for family in [Family::OpenAi, Family::Anthropic, Family::Google] {
        all.push(Source::Stored {
            family,
            id: "file-1".to_owned(),
        });
        all.push(Source::Other {
            family,
            raw: raw(r#"{"type":"zork"}"#),
        });
    }
    all.push(Source::Url("https://x.example/y".to_owned()));
    all.push(Source::Text("words".to_owned()));
    all
}

fn image(source: Source) -> Content {
    Content::Image {
        source,
        detail: None,
    }
}

fn file(source: Source) -> Content {
    Content::File {
        source,
        name: None,
        context: None,
        citations: false,
    }
}

fn thinking() -> Thinking {
    Thinking {
        text: "hm".to_owned(),
        family: Some(Family::Anthropic),
        secret: None,
        redacted: false,
    }
}

fn secret(family: Family, kind: &str) -> Secret {
    Secret {
        family,
        model: None,
        kind: kind.to_owned(),
        id: None,
        data: "AAAA".to_owned(),
    }
}

fn call_of(id: &str) -> Call {
    Call {
        id: id.to_owned(),
        name: "f".to_owned(),
        arguments: "{}".to_owned(),
        kind: CallKind::Function,
    }
}

fn result_of(id: &str) -> ToolResult {
    ToolResult {
        call: id.to_owned(),
        name: None,
        blocks: vec![block(Content::text("r"))],
        is_error: false,
    }
}

/// What can be said of each kind.
fn fields() -> Vec<(String, Content, Content)> {
    let mut all = each_field!(
        Content::text("x"),
        Content::Text {
            text: ["y".to_owned()],
            citations: [vec![Citation::Other(raw(r#"{"type":"zork"}"#))]],
        }
    );
    all.extend(cited());
    for source in sources() {
        all.extend(each_field!(
            image(source.clone()),
            Content::Image {
                // By its kinds.
                source: [],
                detail: [word("low")],
            }
        ));
        all.extend(each_field!(
            file(source),
            Content::File {
                source: [],
                name: [word("n.pdf")],
                context: [word("c")],
                citations: [true],
            }
        ));
    }
    let sound = |media| Content::Audio(media);
    for (name, without, with) in each_field!(
        media("wav", "AAAA"),
        Media {
            kind: ["mp3".to_owned(), "ogg".to_owned()],
            data: ["AAAB".to_owned()],
        }
    ) {
        all.push((name, sound(without), sound(with)));
    }
    for (name, without, with) in each_field!(
        thinking(),
        Thinking {
            text: ["ho".to_owned()],
            // Whose it is: of the secret.
            family: [],
            secret: [
                Some(secret(Family::Anthropic, "signature")),
                Some(secret(Family::OpenAi, "encrypted")),
                Some(secret(Family::Google, "thought")),
            ],
            redacted: [true],
        }
    ) {
        all.push((name, Content::Thinking(without), Content::Thinking(with)));
    }
    for (name, without, with) in each_field!(
        call_of("t7"),
        Call {
            // The conversations of all pairs hold ids.
            id: [],
            name: ["g".to_owned()],
            arguments: [r#"{"a":1}"#.to_owned(), "zork".to_owned()],
            kind: [CallKind::Custom],
        }
    ) {
        all.push((name, Content::Call(without), Content::Call(with)));
    }
    complete([CallKind::Function, CallKind::Custom].iter());
    for (name, without, with) in each_field!(
        result_of("t7"),
        ToolResult {
            call: [],
            // The call has it.
            name: [],
            blocks: [Vec::new()],
            is_error: [true],
        }
    ) {
        all.push((name, Content::Result(without), Content::Result(with)));
    }
    all
}

/// What supports a text.
fn cited() -> Vec<(String, Content, Content)> {
    let url = Citation::Url {
        url: "https://x.example".to_owned(),
        title: None,
        cited: None,
        start: None,
        end: None,
        raw: None,
    };
    let kinds = [url, Citation::Other(raw(r#"{"type":"zork"}"#))];
    complete(kinds.iter());
    let said = |citations| Content::Text {
        text: "x".to_owned(),
        citations,
    };
    // Told as a whole or not at all: no field of theirs can be lost alone.
    kinds
        .into_iter()
        .map(|kind| {
            let name = format!("Citation::{}", kind.name());
            (name, said(Vec::new()), said(vec![kind]))
        })
        .collect()
}
