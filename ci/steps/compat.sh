#!/usr/bin/env bash
# Against real yjs in Node: differential histories, frozen documents, unmodified y-websocket clients.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

needs_server
npm_ci tests/compat
SYNCLINE_SERVER=$server counted node tests/compat/run.mjs
finish
