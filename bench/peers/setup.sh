#!/usr/bin/env bash
# Makes the virtual environments of the peers: .venv (PyTorch and its exporters, onnxruntime) and .venv-tf (Keras, TensorFlow, tf2onnx),
# .venv-tfjs (the last TensorFlow that tf2onnx's --tfjs and tensorflowjs_converter go together with), .venv-serving (FastAPI, schemathesis, tritonclient).
# usage: bench/peers/setup.sh [torch|tensorflow|tfjs|serving]…   ROBENC_PEERS, ROBENC_PEERS_TF, ROBENC_PEERS_TFJS and ROBENC_PEERS_SERVING name other folders for them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

environment() {
  local folder=$1 requirements=$2
  shift 2
  [ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet "$@" --requirement "$here/$requirements"
  echo "$folder is ready: $("$folder/bin/python" --version)"
}

[ $# -gt 0 ] || set -- torch tensorflow tfjs serving
for peer in "$@"; do
  case $peer in
  torch) environment "${ROBENC_PEERS:-$here/.venv}" requirements.txt ;;
  tensorflow) environment "${ROBENC_PEERS_TF:-$here/.venv-tf}" requirements-tf.txt ;;
  # What the packages ask of each other does not fit together, though they do: hence --no-deps and a whole list.
  tfjs) environment "${ROBENC_PEERS_TFJS:-$here/.venv-tfjs}" requirements-tfjs.txt --no-deps ;;
  serving) environment "${ROBENC_PEERS_SERVING:-$here/.venv-serving}" requirements-serving.txt ;;
  *)
    echo "usage: $0 [torch|tensorflow|tfjs|serving]..." >&2
    exit 2
    ;;
  esac
done
