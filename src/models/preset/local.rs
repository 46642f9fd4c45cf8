//! Servers that people run themselves, at the port where each listens by itself.

use super::{Key, More, Preset, Quirk};

const NO_STRICT: &[Quirk] = &[Quirk::Refuses(&["strict"])];

pub(super) const ROWS: &[Preset] = &[
    Preset {
        name: "vllm",
        title: "vLLM",
        base_url: Some("http://127.0.0.1:8000/v1"),
        key: Key::Optional,
        messages: Some("http://127.0.0.1:8000"),
        more: &[
            More::Responses,
            More::Completions,
            More::Embeddings,
            More::Rerank,
            More::Transcription,
        ],
        quirks: NO_STRICT,
        page: "https://docs.vllm.ai/en/latest/serving/openai_compatible_server/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "sglang",
        title: "SGLang",
        base_url: Some("http://127.0.0.1:30000/v1"),
        key: Key::Optional,
        more: &[More::Completions, More::Embeddings, More::Rerank],
        quirks: NO_STRICT,
        page: "https://docs.sglang.io/basic_usage/openai_api.html",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "lm-studio",
        title: "LM Studio",
        aliases: &["lmstudio"],
        base_url: Some("http://127.0.0.1:1234/v1"),
        key: Key::Optional,
        messages: Some("http://127.0.0.1:1234"),
        more: &[More::Responses, More::Completions, More::Embeddings],
        quirks: NO_STRICT,
        page: "https://lmstudio.ai/docs/developer/openai-compat",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "llama-cpp",
        title: "llama.cpp",
        aliases: &["llamacpp"],
        base_url: Some("http://127.0.0.1:8080/v1"),
        key: Key::Optional,
        messages: Some("http://127.0.0.1:8080"),
        more: &[
            More::Responses,
            More::Completions,
            More::Embeddings,
            More::Rerank,
        ],
        page: "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "localai",
        title: "LocalAI",
        aliases: &["local-ai"],
        base_url: Some("http://127.0.0.1:8080/v1"),
        key: Key::Optional,
        more: &[
            More::Completions,
            More::Embeddings,
            More::Rerank,
            More::Images,
            More::Speech,
            More::Transcription,
        ],
        page: "https://localai.io/features/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "mistral-rs",
        title: "mistral.rs",
        aliases: &["mistralrs"],
        base_url: Some("http://127.0.0.1:1234/v1"),
        key: Key::Optional,
        more: &[More::Responses, More::Completions, More::Images],
        page: "https://github.com/EricLBuehler/mistral.rs/blob/master/docs/HTTP.md",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "text-generation-inference",
        title: "Text Generation Inference",
        aliases: &["tgi"],
        base_url: Some("http://127.0.0.1:8080/v1"),
        key: Key::Optional,
        more: &[More::Completions],
        page: "https://huggingface.co/docs/text-generation-inference/en/messages_api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
];
