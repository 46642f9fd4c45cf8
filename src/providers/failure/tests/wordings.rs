//! Who says what is wrong in which words.

use super::*;

#[test]
fn everybody_says_otherwise_that_a_prompt_is_too_long() {
    for (status, body) in [
        // Anthropic
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again"}}"#,
        ),
        // Together and Hugging Face
        (
            400,
            r#"{"error":{"message":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 `inputs` tokens and 0 `max_new_tokens`","type":"invalid_request_error","param":"max_tokens","code":null}}"#,
        ),
        (
            422,
            r#"{"error":"Input validation error: `inputs` must have less than 1024 tokens. Given: 1168","error_type":"validation"}"#,
        ),
        // vLLM
        (
            400,
            r#"{"object":"error","message":"The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller","type":"BadRequestError","param":null,"code":400}"#,
        ),
        // SGLang and Mistral
        (
            400,
            r#"{"error":{"message":"Requested token count exceeds the model's maximum context length of 4096 tokens.","type":"BadRequestError"}}"#,
        ),
        (
            400,
            r#"{"message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt","code":"3051"}"#,
        ),
        // Ollama
        (
            400,
            r#"{"error":"the input length exceeds the context length"}"#,
        ),
        // LM Studio
        (
            400,
            r#"{"error":"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough."}"#,
        ),
        // Alibaba
        (
            400,
            r#"{"error":{"message":"Range of input length should be [1, 30720]","type":"invalid_request_error","code":"invalid_parameter_error"}}"#,
        ),
        // Zhipu
        (400, r#"{"error":{"code":"1261","message":"Prompt 超长"}}"#),
        (
            400,
            r#"{"error":{"code":"1261","message":"Prompt exceeds max length"}}"#,
        ),
        // Moonshot
        (
            400,
            r#"{"error":{"message":"Invalid request: Your request exceeded model token limit: 8192","type":"invalid_request_error"}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Input token length too long","type":"invalid_request_error"}}"#,
        ),
        // Baidu
        (
            400,
            r#"{"error":{"code":"tokens_too_long","message":"Prompt tokens too long","type":"invalid_request_error"},"id":"as-1"}"#,
        ),
        // Groq
        (
            413,
            r#"{"error":{"message":"Request too large for model `x` in organization `o` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 9000","type":"tokens","code":"rate_limit_exceeded"}}"#,
        ),
    ] {
        let failure = read(status, body);
        assert_eq!(failure.class, Class::ContextWindow, "{body}");
        assert_eq!(failure.refusal.situation.words().status, status, "{body}");
        assert_eq!(
            failure.refusal.told_code(),
            Some("context_length_exceeded"),
            "{body}"
        );
    }
}

#[test]
fn everybody_says_otherwise_that_there_is_no_such_model() {
    for (status, body) in [
        // OpenAI, Anthropic, Google, Azure
        (
            400,
            r#"{"error":{"code":"invalid_value","message":"The model 'dall-e-0' does not exist.","param":"model","type":"image_generation_user_error"}}"#,
        ),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-0"}}"#,
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"models/gemini-0 is not found for API version v1beta, or is not supported for generateContent.","status":"NOT_FOUND"}}"#,
        ),
        (
            404,
            r#"{"error":{"type":"invalid_request_error","code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
        ),
        // Bedrock
        (
            400,
            r#"{"message":"The provided model identifier is invalid."}"#,
        ),
        // DeepSeek
        (
            400,
            r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
        ),
        // Mistral
        (
            400,
            r#"{"object":"error","message":"Invalid model: foo","type":"invalid_model","param":null,"code":"1500"}"#,
        ),
        // Groq
        (
            400,
            r#"{"error":{"message":"The model `x` has been decommissioned and is no longer supported.","type":"invalid_request_error","code":"model_decommissioned"}}"#,
        ),
        // OpenRouter
        (
            400,
            r#"{"error":{"message":"foo/bar is not a valid model ID","code":400}}"#,
        ),
        // xAI
        (
            400,
            r#"{"code":"Client specified an invalid argument","error":"Model not found: grok-x"}"#,
        ),
        // Zhipu
        (
            400,
            r#"{"error":{"code":"1211","message":"模型不存在，请检查模型代码。"}}"#,
        ),
        // Ollama and Venice
        (404, r#"{"error":"model 'x' not found"}"#),
        (
            404,
            r#"{"error":"Specified model not found: x. Did you mean: y?"}"#,
        ),
    ] {
        let failure = read(status, body);
        assert_eq!(failure.class, Class::NoModel, "{body}");
        assert_eq!(failure.refusal.situation.words().status, status, "{body}");
    }
    // What a user wrote does not make others avoid a target.
    for body in [
        r#"{"error":{"message":"Invalid value: 'model not found'","param":"user"}}"#,
        r#"{"error":{"message":"Invalid 'tools[0].name': 'Invalid model: x' is no name."}}"#,
        r#"{"error":{"message":"The file 'model' does not exist","param":"file_id"}}"#,
    ] {
        assert_eq!(read(400, body).class, Class::Request, "{body}");
    }
}

#[test]
fn everybody_says_otherwise_that_what_is_said_is_not_answered() {
    for (status, body) in [
        // OpenAI, Azure, Anthropic
        (
            400,
            r#"{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","type":"invalid_request_error","code":"invalid_prompt"}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter"}}"#,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#,
        ),
        // DeepSeek
        (
            400,
            r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}"#,
        ),
        // Moonshot
        (
            400,
            r#"{"error":{"type":"content_filter","message":"The request was rejected because it was considered high risk"}}"#,
        ),
        // Zhipu
        (
            400,
            r#"{"error":{"code":"1301","message":"系统检测到输入或生成内容可能包含不安全或敏感内容"}}"#,
        ),
        // OpenRouter
        (
            403,
            r#"{"error":{"message":"Your input was flagged","code":403,"metadata":{"reasons":["violence"],"flagged_input":"x"}}}"#,
        ),
        (
            403,
            r#"{"error":{"message":"Your chosen model requires moderation and your input was flagged for \"violence\".","code":403}}"#,
        ),
    ] {
        let failure = read(status, body);
        assert_eq!(failure.class, Class::ContentPolicy, "{body}");
        assert_eq!(failure.refusal.situation.words().status, status, "{body}");
    }
}

#[test]
fn an_address_with_nothing_behind_it_is_told_as_404_and_is_not_the_requests_fault() {
    for body in [
        "<html><h1>404 Not Found</h1>nginx</html>",
        "404 page not found\n",
        "",
        // FastAPI, Azure, OpenAI, Groq
        r#"{"detail":"Not Found"}"#,
        r#"{"error":{"code":"404","message":"Resource not found"}}"#,
        r#"{"error":{"message":"Invalid URL (POST /v1/v1/chat/completions)","type":"invalid_request_error"}}"#,
        r#"{"error":{"message":"Unknown request URL: POST /x. Please check the URL for typos","type":"invalid_request_error","code":"unknown_url"}}"#,
    ] {
        let failure = read(404, body);
        assert_eq!(failure.class, Class::Misconfigured, "{body}");
        assert_eq!(failure.refusal.situation.words().status, 404, "{body}");
    }
    let mine = r#"{"error":{"message":"Previous response with id 'resp_1' not found.","code":"previous_response_not_found"}}"#;
    assert_eq!(read(404, mine).class, Class::Request);
    assert_eq!(read(400, r#"{"detail":"Not Found"}"#).class, Class::Request);
}
