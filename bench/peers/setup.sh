#!/usr/bin/env bash
# Makes the virtual environments of the peers: .venv (PyTorch and its exporters, onnxruntime) and .venv-tf (Keras, TensorFlow, tf2onnx).
# usage: bench/peers/setup.sh [torch|tensorflow]…   ROBENC_PEERS and ROBENC_PEERS_TF name other folders for them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

environment() {
  local folder=$1 requirements=$2
  [ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --requirement "$here/$requirements"
  echo "$folder is ready: $("$folder/bin/python" --version)"
}

[ $# -gt 0 ] || set -- torch tensorflow
for peer in "$@"; do
  case $peer in
  torch) environment "${ROBENC_PEERS:-$here/.venv}" requirements.txt ;;
  tensorflow) environment "${ROBENC_PEERS_TF:-$here/.venv-tf}" requirements-tf.txt ;;
  *)
    echo "usage: $0 [torch|tensorflow]..." >&2
    exit 2
    ;;
  esac
done
