//! Requests that say much, in each client's dialect.

use manti::dialects::Dialect;
use serde_json::{Value, json};

pub(super) const CLIENTS: [Dialect; 4] = [
    Dialect::Chat,
    Dialect::Responses,
    Dialect::Messages,
    Dialect::Gemini,
];

const PDF: &str = "JVBERi0=";

/// A request with something of all that a dialect's objects are for.
pub(super) fn request(client: Dialect) -> Value {
    match client {
        Dialect::Chat => chat(),
        Dialect::Responses => responses(),
        Dialect::Messages => messages(),
        Dialect::Gemini => gemini(),
        other => panic!("no client of conversations speaks {other:?}"),
    }
}

fn chat() -> Value {
    let pdf = format!("data:application/pdf;base64,{PDF}");
    json!({
        "model": "m", "seed": 7, "stop": ["x"], "logit_bias": {"5": 1}, "metadata": {"a": "b"},
        "stream_options": {"include_usage": true}, "reasoning_effort": "low", "user": "u",
        "messages": [
            {"role": "system", "name": "op", "content": [{"type": "text", "text": "s",
                "cache_control": {"type": "ephemeral", "ttl": "5m"}}]},
            {"role": "user", "name": "ann", "content": [
                {"type": "text", "text": "u", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "image_url", "image_url":
                    {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
                {"type": "file", "file": {"file_data": pdf, "filename": "a.pdf"}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}]},
            {"role": "assistant", "content": "a", "reasoning_content": "t",
                "annotations": [{"type": "url_citation", "url_citation": {"url": "https://x",
                    "title": "t", "start_index": 0, "end_index": 1}}],
                "reasoning_details": [{"type": "reasoning.text", "text": "t"}],
                "tool_calls": [{"id": "t1", "type": "function",
                    "function": {"name": "f", "arguments": "{}"}},
                    {"id": "t2", "type": "custom", "custom": {"name": "c", "input": "i"}}]},
            {"role": "tool", "tool_call_id": "t1", "content": [{"type": "text", "text": "r"}]},
            {"role": "tool", "tool_call_id": "t2", "content": "r"},
            {"role": "user", "content": "v"}],
        "tools": [{"type": "function", "function": {"name": "f", "strict": true,
                "parameters": {"type": "object", "properties": {"a": {"type": "string"}},
                    "required": ["a"], "additionalProperties": false}}},
            {"type": "custom", "custom": {"name": "c", "format": {"type": "grammar",
                "grammar": {"syntax": "lark", "definition": "x"}}}},
            {"type": "custom", "custom": {"name": "d", "format": {"type": "text"}}}],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [
            {"type": "function", "function": {"name": "f"}},
            {"type": "custom", "custom": {"name": "c"}},
            {"type": "custom", "custom": {"name": "d"}}]}},
        "web_search_options": {"search_context_size": "low", "user_location": {
            "type": "approximate", "approximate": {"city": "Bonn"}}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true,
            "schema": {"type": "object", "properties": {"a": {"type": "string"}},
                "required": ["a"], "additionalProperties": false}}},
        "prediction": {"type": "content", "content": "p"}, "audio": {"voice": "v"},
    })
}

fn responses() -> Value {
    let pdf = format!("data:application/pdf;base64,{PDF}");
    json!({
        "model": "m", "store": false, "metadata": {"a": "b"}, "instructions": "s",
        "reasoning": {"effort": "low", "summary": "auto"}, "safety_identifier": "u",
        "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n",
            "strict": true, "schema": {"type": "object", "properties": {"a": {"type": "string"}},
                "required": ["a"], "additionalProperties": false}}},
        "input": [
            {"role": "developer", "content": [{"type": "input_text", "text": "d"}]},
            {"role": "user", "content": [
                {"type": "input_text", "text": "u",
                    "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=",
                    "detail": "low"},
                {"type": "input_file", "file_data": pdf, "filename": "a.pdf"}]},
            {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA",
                "summary": [{"type": "summary_text", "text": "t"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text",
                "text": "a", "annotations": [{"type": "url_citation", "url": "https://x",
                    "title": "t", "start_index": 0, "end_index": 1}]}]},
            {"type": "function_call", "call_id": "t1", "name": "f", "arguments": "{}"},
            {"type": "custom_tool_call", "call_id": "t2", "name": "c", "input": "i"},
            {"type": "function_call_output", "call_id": "t1",
                "output": [{"type": "input_text", "text": "r"}]},
            {"type": "custom_tool_call_output", "call_id": "t2", "output": "r"},
            {"type": "web_search_call", "id": "ws_1", "status": "completed",
                "action": {"type": "search", "query": "q"}},
            {"role": "user", "content": "v"}],
        "tools": [{"type": "function", "name": "f", "strict": true,
                "parameters": {"type": "object", "properties": {"a": {"type": "string"}},
                    "required": ["a"], "additionalProperties": false}},
            {"type": "custom", "name": "c",
                "format": {"type": "grammar", "syntax": "lark", "definition": "x"}},
            {"type": "custom", "name": "d", "format": {"type": "text"}},
            {"type": "web_search", "filters": {"allowed_domains": ["x.com"]},
                "user_location": {"type": "approximate", "city": "Bonn"}},
            {"type": "code_interpreter", "container": {"type": "auto"}}],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [
            {"type": "function", "name": "f"}, {"type": "custom", "name": "c"},
            {"type": "custom", "name": "d"}, {"type": "web_search"},
            {"type": "code_interpreter"}]},
    })
}

fn messages() -> Value {
    json!({
        "model": "m", "max_tokens": 3000, "metadata": {"user_id": "u"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object",
            "properties": {"a": {"type": "string"}}, "required": ["a"],
            "additionalProperties": false}}},
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        "system": [{"type": "text", "text": "s",
            "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "u", "cache_control": {"type": "ephemeral"}},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                    "data": "iVBORw0KGgo="}},
                {"type": "document", "title": "t", "context": "c", "citations": {"enabled": true},
                    "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}},
                {"type": "document", "source": {"type": "content",
                    "content": [{"type": "text", "text": "w"}]}},
                {"type": "search_result", "source": "https://x", "title": "t",
                    "content": [{"type": "text", "text": "w"}]}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "t", "signature": "AAAA"},
                {"type": "redacted_thinking", "data": "AAAA"},
                {"type": "text", "text": "a", "citations": [{"type": "char_location",
                    "cited_text": "w", "document_index": 0, "start_char_index": 0,
                    "end_char_index": 1}]},
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
                    "input": {"query": "q"}},
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
                    {"type": "web_search_result", "url": "https://x", "title": "t",
                        "encrypted_content": "AAAA"}]},
                {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": "b"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
                "is_error": true, "content": [{"type": "text", "text": "r"}]},
                {"type": "text", "text": "v"}]}],
        "tools": [{"name": "f", "input_schema": {"type": "object",
                "properties": {"a": {"type": "string"}}},
                "cache_control": {"type": "ephemeral"}},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3,
                "user_location": {"type": "approximate", "city": "Bonn"}},
            {"type": "bash_20250124", "name": "bash"}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": true},
        "mcp_servers": [{"type": "url", "name": "s", "url": "https://x"}],
    })
}

fn gemini() -> Value {
    json!({
        "systemInstruction": {"parts": [{"text": "s"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "u"},
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
                {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
                {"fileData": {"mimeType": "application/pdf", "fileUri": "https://x/y.pdf"}},
                {"inlineData": {"mimeType": "video/mp4", "data": "AAAA"},
                    "videoMetadata": {"fps": 2}}]},
            {"role": "model", "parts": [
                {"text": "t", "thought": true, "thoughtSignature": "AAAA"},
                {"text": "a"},
                {"executableCode": {"language": "PYTHON", "code": "1"}},
                {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
                {"functionCall": {"id": "t1", "name": "f", "args": {"a": "b"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"id": "t1", "name": "f",
                "response": {"result": "r"}}}, {"text": "v"}]}],
        "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT",
                "properties": {"a": {"type": "STRING"}}}},
                {"name": "g", "parametersJsonSchema": {"type": "object"}, "response":
                    {"type": "OBJECT"}}]},
            {"googleSearch": {"excludeDomains": ["x.com"]}}, {"codeExecution": {}}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY",
                "allowedFunctionNames": ["f", "g"]},
            "retrievalConfig": {"languageCode": "de", "latLng": {"latitude": 1}}},
        "safetySettings": [{"category": "c", "threshold": "t"}], "labels": {"a": "b"},
        "generationConfig": {"responseMimeType": "application/json", "topK": 5,
            "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
            "thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": true},
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "v"}}}},
    })
}
