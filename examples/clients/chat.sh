#!/usr/bin/env bash
# A streamed answer with curl. Usage: GATEWAY_URL=http://127.0.0.1:8080 GATEWAY_KEY=sk-manti-… chat.sh [MODEL]
set -euo pipefail
curl --no-buffer --fail-with-body -sS "${GATEWAY_URL:-http://127.0.0.1:8080}/v1/chat/completions" \
    -H "Authorization: Bearer ${GATEWAY_KEY:?set GATEWAY_KEY to an API key}" \
    -H "Content-Type: application/json" \
    -d "{\"model\": \"${1:-demo}\", \"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}"
