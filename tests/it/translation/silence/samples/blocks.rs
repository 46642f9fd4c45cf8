//! What may be said in a turn, and of it.

use manti::models::chat::{
    Block, Cache, Call, CallKind, Citation, Content, Family, Media, Secret, Source, Thinking,
    ToolResult,
};

use super::{BLOCK, Kinds, complete, raw, word};

pub(super) fn block(content: Content) -> Block {
    Block::new(content, BLOCK)
}

/// Blocks to be put anywhere.
pub(super) fn blocks() -> Vec<(String, Vec<Block>, Vec<Block>)> {
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
