#!/usr/bin/env bash
# How long 'graft inspect' takes, JVM start included: MobileNetV2 within a second, and ResNet152 no more than 1.3
# times as long for each node of its graph (the start, as 'graft --version' has it, taken off both).
#
# tools/bench/inspect.sh [--json] [FOLDER]
#
# FOLDER holds the two SavedModels under their names; what is missing there (by default build/bench/inspect) is saved
# by Keras 2.15, with the Python of GRAFT_BENCH_PYTHON or the environment that tools/bench/run makes. Ends with 1 if a
# bar is missed. GRAFT_BENCH_RUNS runs of each, 10 by default; their median counts.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
json=
if [ "${1:-}" = --json ]; then json=1 && shift; fi
folder=${1:-$root/build/bench/inspect}
python=${GRAFT_BENCH_PYTHON:-$root/build/bench/venv/bin/python}
runs=${GRAFT_BENCH_RUNS:-10}

make_model() {
  [ -f "$folder/$1/saved_model.pb" ] && return
  [ -x "$python" ] || { echo "inspect.sh: no Python with TensorFlow 2.15 at '$python'; run tools/bench/run once, or set GRAFT_BENCH_PYTHON." >&2 && exit 2; }
  mkdir -p "$folder"
  TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES='' "$python" - "$1" "$folder/$1" >/dev/null 2>&1 <<'END'
import sys
import tensorflow as tf

tf.keras.utils.set_random_seed(0)
getattr(tf.keras.applications, sys.argv[1])(weights=None).save(sys.argv[2])
END
}

# median COMMAND...: seconds.
median() {
  local i begin
  "$@" >/dev/null # builds what has to be built, warms the disk cache
  for ((i = 0; i < runs; i++)); do
    begin=$EPOCHREALTIME
    "$@" >/dev/null
    echo "$begin $EPOCHREALTIME"
  done | awk '{ print $2 - $1 }' | sort -n | awk '{ t[NR] = $1 } END { print (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2 }'
}

for model in MobileNetV2 ResNet152; do make_model "$model"; done
start=$(median "$root/graft" --version)
for model in MobileNetV2 ResNet152; do
  echo "$model $(median "$root/graft" inspect "$folder/$model") $("$root/graft" inspect --graph "$folder/$model" | wc -l)"
done | awk -v start="$start" -v json="$json" -v runs="$runs" '
  { name[NR] = $1; time[NR] = $2; nodes[NR] = $3; node[NR] = ($2 - start) / $3 }
  END {
    growth = node[2] / node[1]
    row = "{\"name\":\"%s\",\"graft\":%.3f,\"peer\":%.3f,\"ratio\":%.3f,\"bar\":1.0}"
    if (json) {
      printf "[" row ",\n " row "]\n", "inspect MobileNetV2", time[1], 1.0, 1.0 / time[1],
        "inspect ResNet152 per node of MobileNetV2", growth, 1.3, 1.3 / growth
    } else {
      printf "graft --version        %.2f s (medians of %d)\n", start, runs
      for (i = 1; i <= NR; i++) printf "inspect %-14s %.2f s, %d nodes, %.2f ms each\n", name[i], time[i], nodes[i], 1000 * node[i]
      printf "MobileNetV2 in %.2f s (bar 1.00); ResNet152 takes %.2f times as long for each node (bar 1.30)\n", time[1], growth
    }
    exit time[1] > 1.0 || growth > 1.3
  }'
