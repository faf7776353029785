#!/usr/bin/env bash
# Whole clusters: PostgreSQL, Redis, nodes, workers and gateways as real processes, killed, paused and cut off
# while unmodified clients type.
#
#   SYNCLINE_CLUSTER_KILLS=1000 ci/steps/cluster.sh     more of the random kills, over both durability modes
#   SYNCLINE_CLUSTER_SEED=7     ci/steps/cluster.sh     other ones
#   SYNCLINE_CLUSTER_SLOW=1     ci/steps/cluster.sh     also what has to wait for timeouts of a minute
# shellcheck source=ci/report.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report.sh"

needs_server
npm_ci tests/cluster
# They wait more than they work.
SYNCLINE_SERVER=$server counted node tests/cluster/run.mjs --jobs 4
# Timings never decide a test; that the benchmarks run does.
check "the benchmarks run" node tests/bench/cluster.mjs --programs build/release --quick
finish
