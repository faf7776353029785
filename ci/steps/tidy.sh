#!/usr/bin/env bash
# Layering and the rules of the house, headers that compile alone, shell scripts.
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

counted python3 ci/tidy.py source
check "shellcheck" shellcheck --external-sources ci/serve ci/test ci/bench ci/*.sh ci/steps/*.sh
finish
