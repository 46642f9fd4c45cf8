//! Those who serve other makers' models.

use super::quirk::MAX_TOKENS;
use super::{Key, More, Preset, Quirk};
use crate::models::abilities::{CacheMarks, Carriage};

pub(super) const ROWS: &[Preset] = &[
    Preset {
        name: "groq",
        title: "Groq",
        base_url: Some("https://api.groq.com/openai/v1"),
        hosts: &["api.groq.com"],
        more: &[More::Responses, More::Speech, More::Transcription],
        quirks: &[
            Quirk::Carriage(Carriage::None),
            Quirk::Refuses(&[
                "logprobs",
                "top_logprobs",
                "logit_bias",
                "messages[].name",
                "n",
                "top_k",
            ]),
        ],
        page: "https://console.groq.com/docs/openai",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "together",
        title: "Together AI",
        aliases: &["togetherai", "together-ai"],
        base_url: Some("https://api.together.xyz/v1"),
        hosts: &["api.together.xyz", "api.together.ai"],
        more: &[
            More::Completions,
            More::Embeddings,
            More::Rerank,
            More::Images,
            More::Speech,
            More::Transcription,
        ],
        page: "https://docs.together.ai/docs/openai-api-compatibility",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "fireworks",
        title: "Fireworks AI",
        aliases: &["fireworks-ai"],
        base_url: Some("https://api.fireworks.ai/inference/v1"),
        hosts: &["api.fireworks.ai"],
        messages: Some("https://api.fireworks.ai/inference"),
        more: &[
            More::Responses,
            More::Completions,
            More::Embeddings,
            More::Rerank,
        ],
        quirks: &[Quirk::Refuses(&["strict", "response_format=alone"])],
        page: "https://docs.fireworks.ai/tools-sdks/openai-compatibility",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "openrouter",
        title: "OpenRouter",
        base_url: Some("https://openrouter.ai/api/v1"),
        hosts: &["openrouter.ai"],
        messages: Some("https://openrouter.ai/api"),
        more: &[More::Responses, More::Completions, More::Embeddings],
        quirks: &[
            Quirk::Carriage(Carriage::Details),
            Quirk::CacheMarks(CacheMarks::CacheControl),
            Quirk::WebSearch,
            Quirk::EffortForSwitch,
        ],
        page: "https://openrouter.ai/docs/api-reference/overview",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "cerebras",
        title: "Cerebras",
        base_url: Some("https://api.cerebras.ai/v1"),
        hosts: &["api.cerebras.ai"],
        more: &[More::Completions],
        quirks: &[MAX_TOKENS],
        page: "https://inference-docs.cerebras.ai/resources/openai",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "nvidia-nim",
        title: "NVIDIA NIM",
        aliases: &["nvidia", "nim"],
        base_url: Some("https://integrate.api.nvidia.com/v1"),
        hosts: &["integrate.api.nvidia.com"],
        more: &[More::Completions, More::Embeddings],
        quirks: &[MAX_TOKENS],
        page: "https://docs.api.nvidia.com/nim/reference/llm-apis",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "huggingface",
        title: "Hugging Face",
        aliases: &["hugging-face", "hf"],
        base_url: Some("https://router.huggingface.co/v1"),
        hosts: &["router.huggingface.co"],
        more: &[More::Responses],
        page: "https://huggingface.co/docs/inference-providers/en/tasks/chat-completion",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "sambanova",
        title: "SambaNova",
        base_url: Some("https://api.sambanova.ai/v1"),
        hosts: &["api.sambanova.ai"],
        more: &[More::Embeddings, More::Transcription],
        quirks: &[MAX_TOKENS, Quirk::Refuses(&["content=list"])],
        page: "https://docs.sambanova.ai/docs/en/features/openai-compatibility",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "nebius",
        title: "Nebius Token Factory",
        base_url: Some("https://api.tokenfactory.nebius.com/v1"),
        hosts: &[
            "api.tokenfactory.nebius.com",
            "api.studio.nebius.com",
            "api.studio.nebius.ai",
        ],
        more: &[More::Completions, More::Embeddings, More::Images],
        quirks: &[MAX_TOKENS],
        page: "https://docs.tokenfactory.nebius.com/api-reference/inference/create-chat-completion",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "deepinfra",
        title: "DeepInfra",
        base_url: Some("https://api.deepinfra.com/v1/openai"),
        hosts: &["api.deepinfra.com"],
        messages: Some("https://api.deepinfra.com/anthropic"),
        more: &[
            More::Completions,
            More::Embeddings,
            More::Images,
            More::Speech,
            More::Transcription,
        ],
        quirks: &[MAX_TOKENS, Quirk::Refuses(&["content=list"])],
        page: "https://docs.deepinfra.com/api-reference/chat-completions/openai-chat-completions",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "siliconflow",
        title: "SiliconFlow",
        base_url: Some("https://api.siliconflow.com/v1"),
        hosts: &["api.siliconflow.com"],
        messages: Some("https://api.siliconflow.com"),
        more: &[
            More::Embeddings,
            More::Rerank,
            More::Images,
            More::Speech,
            More::Transcription,
        ],
        page: "https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "siliconflow-cn",
        title: "SiliconFlow (China)",
        base_url: Some("https://api.siliconflow.cn/v1"),
        hosts: &["api.siliconflow.cn"],
        messages: Some("https://api.siliconflow.cn"),
        more: &[
            More::Embeddings,
            More::Rerank,
            More::Images,
            More::Speech,
            More::Transcription,
        ],
        page: "https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "github-models",
        title: "GitHub Models",
        aliases: &["github"],
        base_url: Some("https://models.github.ai/inference"),
        hosts: &["models.github.ai"],
        more: &[More::Embeddings],
        page: "https://docs.github.com/en/rest/models/inference",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    // Its address names the account: https://api.cloudflare.com/client/v4/accounts/ID/ai/v1
    Preset {
        name: "cloudflare",
        title: "Cloudflare Workers AI",
        aliases: &["cloudflare-workers-ai", "workers-ai"],
        hosts: &["api.cloudflare.com"],
        more: &[More::Responses, More::Embeddings],
        page: "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "vercel-ai-gateway",
        title: "Vercel AI Gateway",
        aliases: &["vercel"],
        base_url: Some("https://ai-gateway.vercel.sh/v1"),
        hosts: &["ai-gateway.vercel.sh"],
        messages: Some("https://ai-gateway.vercel.sh"),
        more: &[More::Responses, More::Embeddings],
        quirks: &[Quirk::Carriage(Carriage::Details)],
        page: "https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "venice",
        title: "Venice",
        base_url: Some("https://api.venice.ai/api/v1"),
        hosts: &["api.venice.ai"],
        more: &[
            More::Responses,
            More::Embeddings,
            More::Images,
            More::Speech,
            More::Transcription,
        ],
        page: "https://docs.venice.ai/api-reference/endpoint/chat/completions",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "novita",
        title: "Novita AI",
        aliases: &["novita-ai"],
        base_url: Some("https://api.novita.ai/openai/v1"),
        hosts: &["api.novita.ai"],
        messages: Some("https://api.novita.ai/anthropic"),
        more: &[More::Completions, More::Embeddings, More::Rerank],
        page: "https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "hyperbolic",
        title: "Hyperbolic",
        base_url: Some("https://api.hyperbolic.xyz/v1"),
        hosts: &["api.hyperbolic.xyz"],
        more: &[More::Completions],
        page: "https://docs.hyperbolic.xyz/docs/rest-api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "featherless",
        title: "Featherless",
        aliases: &["featherless-ai"],
        base_url: Some("https://api.featherless.ai/v1"),
        hosts: &["api.featherless.ai"],
        more: &[More::Completions],
        page: "https://featherless.ai/docs/api-overview-and-common-options",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "baseten",
        title: "Baseten",
        base_url: Some("https://inference.baseten.co/v1"),
        hosts: &["inference.baseten.co"],
        page: "https://docs.baseten.co/reference/inference-api/chat-completions",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "avian",
        title: "Avian",
        base_url: Some("https://api.avian.io/v1"),
        hosts: &["api.avian.io"],
        page: "https://avian.io/docs",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "doubleword",
        title: "Doubleword",
        base_url: Some("https://api.doubleword.ai/v1"),
        hosts: &["api.doubleword.ai"],
        more: &[More::Responses, More::Embeddings],
        page: "https://docs.doubleword.ai/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "ovhcloud",
        title: "OVHcloud AI Endpoints",
        base_url: Some("https://oai.endpoints.kepler.ai.cloud.ovh.net/v1"),
        hosts: &["endpoints.kepler.ai.cloud.ovh.net"],
        key: Key::Optional,
        more: &[More::Responses, More::Embeddings],
        page: "https://www.ovhcloud.com/en/public-cloud/ai-endpoints/catalog/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "scaleway",
        title: "Scaleway",
        base_url: Some("https://api.scaleway.ai/v1"),
        hosts: &["api.scaleway.ai"],
        more: &[More::Responses, More::Embeddings, More::Transcription],
        page: "https://www.scaleway.com/en/docs/generative-apis/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "chutes",
        title: "Chutes",
        base_url: Some("https://llm.chutes.ai/v1"),
        hosts: &["llm.chutes.ai"],
        page: "https://chutes.ai/docs/guides/reasoning-models",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "friendli",
        title: "Friendli",
        base_url: Some("https://api.friendli.ai/serverless/v1"),
        hosts: &["api.friendli.ai"],
        more: &[More::Completions],
        page: "https://friendli.ai/docs/guides/serverless_endpoints/introduction",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "wandb",
        title: "Weights & Biases Inference",
        base_url: Some("https://api.inference.wandb.ai/v1"),
        hosts: &["api.inference.wandb.ai"],
        page: "https://docs.wandb.ai/guides/integrations/inference/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "modelscope",
        title: "ModelScope",
        base_url: Some("https://api-inference.modelscope.cn/v1"),
        hosts: &["api-inference.modelscope.cn"],
        page: "https://modelscope.cn/docs/model-service/API-Inference/intro",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "poe",
        title: "Poe",
        base_url: Some("https://api.poe.com/v1"),
        hosts: &["api.poe.com"],
        more: &[More::Responses],
        page: "https://creator.poe.com/docs/external-applications/openai-compatible-api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "io-net",
        title: "io.net",
        base_url: Some("https://api.intelligence.io.solutions/api/v1"),
        hosts: &["api.intelligence.io.solutions"],
        page: "https://io.net/docs/guides/intelligence/io-intelligence",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "gmi-cloud",
        title: "GMI Cloud",
        aliases: &["gmi"],
        base_url: Some("https://api.gmi-serving.com/v1"),
        hosts: &["api.gmi-serving.com"],
        page: "https://docs.gmicloud.ai/inference-engine/api-reference/llm-api-reference",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "requesty",
        title: "Requesty",
        base_url: Some("https://router.requesty.ai/v1"),
        hosts: &["router.requesty.ai"],
        messages: Some("https://router.requesty.ai"),
        page: "https://docs.requesty.ai/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
];
