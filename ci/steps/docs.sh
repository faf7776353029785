#!/usr/bin/env bash
# The documents against the built server: options, metrics, links, file names.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

needs_server
counted python3 ci/tidy.py docs --server "$server"
finish
