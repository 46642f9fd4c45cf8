#!/usr/bin/env bash
# A streamed answer with curl. Usage: MANTI_URL=http://127.0.0.1:8080 MANTI_KEY=sk-manti-… chat.sh [MODEL]
set -euo pipefail
curl --no-buffer --fail-with-body -sS "${MANTI_URL:-http://127.0.0.1:8080}/v1/chat/completions" \
    -H "Authorization: Bearer ${MANTI_KEY:?set MANTI_KEY to an API key}" \
    -H "Content-Type: application/json" \
    -d "{\"model\": \"${1:-demo}\", \"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}"
