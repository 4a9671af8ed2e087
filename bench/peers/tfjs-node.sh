#!/usr/bin/env bash
# Builds tfjs-node on the TensorFlow of bench/peers/.venv-tf (setup.sh tensorflow), where its own download of libtensorflow is out of reach or too old for this Node.
# Needs g++ and the headers of Node beside its binary. What it installs stays until the next npm ci or npm install.
# usage: bench/peers/tfjs-node.sh      ROBENC_PEERS_TF names another folder of the virtual environment.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${ROBENC_PEERS_TF:-$here/.venv-tf}/bin/python
[ -x "$python" ] || { echo "There is no $python. Make it first: bench/peers/setup.sh tensorflow" >&2; exit 2; }
tensorflow=$("$python" -c 'import importlib.util as u; print(u.find_spec("tensorflow").submodule_search_locations[0])')
headers=$(cd "$(dirname "$(node -p process.execPath)")/../include/node" && pwd)
[ -f "$headers/node_api.h" ] || { echo "There are no headers of Node in $headers. Install Node from its archive, or the package of its headers." >&2; exit 2; }

# The version of tfjs that robenc has, so that both are one library.
version=$(node -p "require('$root/node_modules/@tensorflow/tfjs/package.json').version")
npm install --prefix "$root" --no-save --no-audit --no-fund --ignore-scripts "@tensorflow/tfjs-node@$version"
package=$root/node_modules/@tensorflow/tfjs-node

# The wheel has the C interface in libtensorflow_cc; the package links against libtensorflow, which is the same without C++.
mkdir -p "$package/lib/napi-v8"
g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -DNODE_GYP_MODULE_NAME=tfjs_binding -DBUILDING_NODE_EXTENSION \
  -I "$package" -I "$tensorflow/include" -I "$headers" \
  "$package/binding/tfjs_backend.cc" "$package/binding/tfjs_binding.cc" \
  -L "$tensorflow" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 -Wl,-rpath,"$tensorflow" \
  -o "$package/lib/napi-v8/tfjs_binding.node"
cd "$root"
node -e "const tf = require('@tensorflow/tfjs-node'); tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync(); console.log('tfjs-node', tf.version['tfjs-node'], 'on backend', tf.getBackend())"
