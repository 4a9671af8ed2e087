"""What NVIDIA's tritonclient says of a running server: live, ready, metadata, and inference with JSON and binary tensors in and out.

usage: triton_client.py HOST:PORT MODEL IMAGE.f32 SIDE    prints one line of JSON per case: {"case", "logits"}
"""

import json
import sys

import numpy as np
import tritonclient.http as http

address, model, path, side = sys.argv[1:]
image = np.fromfile(path, dtype="<f4").reshape(-1, 3, int(side), int(side))
client = http.InferenceServerClient(address)


def say(case: str, **found) -> None:
    print(json.dumps({"case": case, **found}), flush=True)


say("live", value=client.is_server_live())
say("ready", value=client.is_server_ready())
say("model ready", value=client.is_model_ready(model))
say("metadata", value=client.get_model_metadata(model))
say("server", value=client.get_server_metadata())
say("index", value=client.get_model_repository_index())
for binary_in in (True, False):
    for binary_out in (True, False):
        tensor = http.InferInput("image", list(image.shape), "FP32")
        tensor.set_data_from_numpy(image, binary_data=binary_in)
        outputs = [http.InferRequestedOutput(name, binary_data=binary_out) for name in ("logits", "embedding")]
        answer = client.infer(model, [tensor], outputs=outputs, request_id="7", timeout=30_000_000)
        case = f"{'binary' if binary_in else 'JSON'} in, {'binary' if binary_out else 'JSON'} out"
        say(case, id=answer.get_response()["id"], logits=answer.as_numpy("logits").tolist(), embedding=answer.as_numpy("embedding").tolist())
for algorithm in ("gzip", "deflate"):
    tensor = http.InferInput("image", list(image.shape), "FP32")
    tensor.set_data_from_numpy(image)
    answer = client.infer(model, [tensor], request_compression_algorithm=algorithm, response_compression_algorithm=algorithm)
    say(algorithm, logits=answer.as_numpy("logits").tolist())
tensor = http.InferInput("image", list(image.shape), "FP32")
tensor.set_data_from_numpy(image)
best = client.infer(model, [tensor], outputs=[http.InferRequestedOutput("logits", class_count=2)]).as_numpy("logits")
say("classification", value=[[text.decode() for text in row] for row in best])
try:
    client.infer("nobody", [tensor])
except http.InferenceServerException as error:
    say("unknown model", message=error.message(), status=error.status())
