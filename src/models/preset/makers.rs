//! Those who serve models of their own.

use super::quirk::SWITCH;
use super::{More, Preset, Quirk, Words};
use crate::models::abilities::{Attachments, CacheMarks, Carriage, Ids};

const MOONSHOT: &[Quirk] = &[Quirk::NoForcedTool, Quirk::Refuses(&["top_k"])];
const MOONSHOT_THINKING: &[(&str, &[Quirk])] =
    &[("thinking", &[Quirk::Refuses(&["top_k", "temperature"])])];

const DASHSCOPE: &[Quirk] = &[
    Quirk::CacheMarks(CacheMarks::CacheControl),
    SWITCH,
    Quirk::Refuses(&["thinking=enable_thinking"]),
];

/// Without it thinking stands in the text, between tags.
const MINIMAX: &[Quirk] = &[Quirk::Always(&["reasoning_split"])];

pub(super) const ROWS: &[Preset] = &[
    Preset {
        name: "deepseek",
        title: "DeepSeek",
        base_url: Some("https://api.deepseek.com"),
        hosts: &["api.deepseek.com"],
        messages: Some("https://api.deepseek.com/anthropic"),
        makes_models: true,
        quirks: &[
            SWITCH,
            Quirk::ForcedToolEndsThinking,
            Quirk::NoSchema,
            Quirk::TextOnly,
            Quirk::Refuses(&["top_k", "n"]),
        ],
        page: "https://api-docs.deepseek.com/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "xai",
        title: "xAI",
        aliases: &["x-ai", "grok"],
        base_url: Some("https://api.x.ai/v1"),
        hosts: &["api.x.ai"],
        more: &[More::Responses, More::Images],
        prefers_responses: true,
        makes_models: true,
        // "Only messages of role 'user' can have a name."
        quirks: &[Quirk::Refuses(&["strict", "messages[role!=user].name"])],
        model_quirks: &[(
            "grok-4",
            &[Quirk::Refuses(&[
                "strict",
                "messages[role!=user].name",
                "frequency_penalty",
                "presence_penalty",
                "stop",
                "reasoning_effort",
            ])],
        )],
        page: "https://docs.x.ai/docs/api-reference",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "mistral",
        title: "Mistral AI",
        base_url: Some("https://api.mistral.ai/v1"),
        hosts: &["api.mistral.ai", "codestral.mistral.ai"],
        words: Words::Voyage,
        more: &[More::Embeddings, More::Transcription, More::Moderation],
        tells_usage: true,
        makes_models: true,
        quirks: &[
            Quirk::Carriage(Carriage::None),
            Quirk::Attachments(Attachments::Mistral),
            Quirk::Ids(Ids::Nine),
            Quirk::Prefix,
            Quirk::Renames(&[
                ("max_completion_tokens", "max_tokens"),
                ("seed", "random_seed"),
            ]),
            Quirk::Refuses(&[
                "stream_options",
                "user",
                "logit_bias",
                "store",
                "service_tier",
                "top_k",
                "logprobs",
                "top_logprobs",
                "tool_choice=required",
            ]),
        ],
        page: "https://docs.mistral.ai/api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "perplexity",
        title: "Perplexity",
        base_url: Some("https://api.perplexity.ai"),
        hosts: &["api.perplexity.ai"],
        tells_usage: true,
        makes_models: true,
        quirks: &[Quirk::NoTools, Quirk::WebSearch],
        page: "https://docs.perplexity.ai/api-reference/chat-completions-post",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "moonshot",
        title: "Moonshot AI",
        aliases: &["moonshotai", "kimi"],
        base_url: Some("https://api.moonshot.ai/v1"),
        hosts: &["api.moonshot.ai"],
        messages: Some("https://api.moonshot.ai/anthropic"),
        makes_models: true,
        quirks: MOONSHOT,
        model_quirks: MOONSHOT_THINKING,
        page: "https://platform.moonshot.ai/docs/api/chat",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "moonshot-cn",
        title: "Moonshot AI (China)",
        base_url: Some("https://api.moonshot.cn/v1"),
        hosts: &["api.moonshot.cn"],
        messages: Some("https://api.moonshot.cn/anthropic"),
        makes_models: true,
        priced_as: Some("moonshot"),
        quirks: MOONSHOT,
        model_quirks: MOONSHOT_THINKING,
        page: "https://platform.moonshot.cn/docs/api/chat",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "zhipu",
        title: "Zhipu AI",
        aliases: &["zhipuai", "bigmodel"],
        base_url: Some("https://open.bigmodel.cn/api/paas/v4"),
        hosts: &["bigmodel.cn"],
        messages: Some("https://open.bigmodel.cn/api/anthropic"),
        more: &[More::Embeddings, More::Rerank, More::Images],
        makes_models: true,
        quirks: &[SWITCH],
        page: "https://docs.bigmodel.cn/cn/guide/develop/openai/introduction",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "zai",
        title: "Z.ai",
        aliases: &["z-ai"],
        base_url: Some("https://api.z.ai/api/paas/v4"),
        hosts: &["api.z.ai"],
        messages: Some("https://api.z.ai/api/anthropic"),
        more: &[More::Images],
        makes_models: true,
        quirks: &[SWITCH],
        page: "https://docs.z.ai/guides/overview/quick-start",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "dashscope",
        title: "DashScope (Qwen, China)",
        aliases: &["dashscope-cn"],
        base_url: Some("https://dashscope.aliyuncs.com/compatible-mode/v1"),
        hosts: &["dashscope.aliyuncs.com"],
        messages: Some("https://dashscope.aliyuncs.com/apps/anthropic"),
        more: &[More::Responses, More::Embeddings],
        makes_models: true,
        quirks: DASHSCOPE,
        page: "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "dashscope-intl",
        title: "DashScope (Qwen, international)",
        aliases: &["qwen"],
        base_url: Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        hosts: &["dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com"],
        messages: Some("https://dashscope-intl.aliyuncs.com/apps/anthropic"),
        more: &[More::Responses, More::Embeddings],
        makes_models: true,
        quirks: DASHSCOPE,
        page: "https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "minimax",
        title: "MiniMax",
        base_url: Some("https://api.minimax.io/v1"),
        hosts: &["api.minimax.io"],
        messages: Some("https://api.minimax.io/anthropic"),
        makes_models: true,
        quirks: MINIMAX,
        page: "https://platform.minimax.io/docs/api-reference/text-openai-api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "minimax-cn",
        title: "MiniMax (China)",
        base_url: Some("https://api.minimaxi.com/v1"),
        hosts: &["api.minimaxi.com"],
        messages: Some("https://api.minimaxi.com/anthropic"),
        makes_models: true,
        priced_as: Some("minimax"),
        quirks: MINIMAX,
        page: "https://platform.minimaxi.com/docs/guides/quickstart",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "volcengine",
        title: "Volcengine Ark (Doubao)",
        aliases: &["doubao", "ark"],
        base_url: Some("https://ark.cn-beijing.volces.com/api/v3"),
        hosts: &["volces.com"],
        more: &[More::Responses, More::Embeddings, More::Images],
        makes_models: true,
        quirks: &[SWITCH],
        page: "https://www.volcengine.com/docs/82379/1330626",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "baichuan",
        title: "Baichuan",
        base_url: Some("https://api.baichuan-ai.com/v1"),
        hosts: &["api.baichuan-ai.com"],
        more: &[More::Embeddings],
        makes_models: true,
        page: "https://platform.baichuan-ai.com/docs/api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "yi",
        title: "01.AI (Yi)",
        aliases: &["lingyiwanwu"],
        base_url: Some("https://api.lingyiwanwu.com/v1"),
        hosts: &["api.lingyiwanwu.com"],
        makes_models: true,
        page: "https://platform.lingyiwanwu.com/docs",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "stepfun",
        title: "StepFun",
        base_url: Some("https://api.stepfun.com/v1"),
        hosts: &["api.stepfun.com", "api.stepfun.ai"],
        more: &[More::Images, More::Speech, More::Transcription],
        makes_models: true,
        page: "https://platform.stepfun.com/docs/zh/overview/concept",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "hunyuan",
        title: "Tencent Hunyuan",
        base_url: Some("https://api.hunyuan.cloud.tencent.com/v1"),
        hosts: &["api.hunyuan.cloud.tencent.com"],
        more: &[More::Embeddings],
        makes_models: true,
        page: "https://cloud.tencent.com/document/product/1729/111007",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "qianfan",
        title: "Baidu Qianfan",
        aliases: &["baidu"],
        base_url: Some("https://qianfan.baidubce.com/v2"),
        hosts: &["qianfan.baidubce.com"],
        more: &[More::Embeddings, More::Rerank, More::Images],
        makes_models: true,
        page: "https://cloud.baidu.com/doc/qianfan/s/Hmh4suq26",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "xiaomi",
        title: "Xiaomi MiMo",
        aliases: &["mimo"],
        base_url: Some("https://api.xiaomimimo.com/v1"),
        hosts: &["api.xiaomimimo.com"],
        messages: Some("https://api.xiaomimimo.com/anthropic"),
        makes_models: true,
        quirks: &[SWITCH],
        page: "https://platform.xiaomimimo.com/static/docs/api/chat/openai-api.md",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "ai21",
        title: "AI21",
        base_url: Some("https://api.ai21.com/studio/v1"),
        hosts: &["api.ai21.com"],
        makes_models: true,
        page: "https://docs.ai21.com/reference/jamba-1-6-api-ref",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "inception",
        title: "Inception",
        base_url: Some("https://api.inceptionlabs.ai/v1"),
        hosts: &["api.inceptionlabs.ai"],
        makes_models: true,
        page: "https://docs.inceptionlabs.ai/api-reference/chat/create-a-chat-completion",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "upstage",
        title: "Upstage",
        base_url: Some("https://api.upstage.ai/v1/solar"),
        hosts: &["api.upstage.ai"],
        more: &[More::Embeddings],
        makes_models: true,
        page: "https://developers.upstage.ai/docs/apis/chat",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "morph",
        title: "Morph",
        base_url: Some("https://api.morphllm.com/v1"),
        hosts: &["api.morphllm.com"],
        more: &[More::Embeddings, More::Rerank],
        makes_models: true,
        page: "https://docs.morphllm.com/api-reference/introduction",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "jina",
        title: "Jina AI",
        base_url: Some("https://api.jina.ai/v1"),
        hosts: &["api.jina.ai"],
        converses: false,
        words: Words::Jina,
        more: &[More::Embeddings, More::Rerank],
        makes_models: true,
        page: "https://jina.ai/embeddings/",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "voyage",
        title: "Voyage AI",
        aliases: &["voyageai"],
        base_url: Some("https://api.voyageai.com/v1"),
        hosts: &["api.voyageai.com"],
        converses: false,
        words: Words::Voyage,
        more: &[More::Embeddings, More::Rerank],
        makes_models: true,
        page: "https://docs.voyageai.com/reference/embeddings-api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
];
