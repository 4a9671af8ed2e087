"""A model server as it is usually written in Python: FastAPI on uvicorn, onnxruntime in one thread, batches of whatever waits.

usage: serving_peer.py MODEL.onnx [--name NAME] [--batch 32]    prints {"url": ...} when it can answer

It speaks the same protocol (Open Inference Protocol v2, binary tensors), bytes for bytes, and has the same policy as `robenc serve`: a lone request starts at
once; while the model runs, what arrives is gathered into one batch of at most --batch rows. No validation beyond what it needs to answer.
"""

import argparse
import asyncio
import copy
import json
import socket
from contextlib import asynccontextmanager

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI, Request, Response

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("--name", default="model")
parser.add_argument("--batch", type=int, default=32)
arguments = parser.parse_args()

options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = ort.InferenceSession(arguments.model, options, providers=["CPUExecutionProvider"])
waiting: asyncio.Queue = asyncio.Queue()


async def work() -> None:
    """The one slot: takes what waits, at most a batch, and runs it in a thread (onnxruntime lets go of the interpreter meanwhile)."""
    left = None
    while True:
        jobs = [left or await waiting.get()]
        left = None
        rows = len(jobs[0][0])
        while not waiting.empty():
            job = waiting.get_nowait()
            if rows + len(job[0]) > arguments.batch:
                left = job
                break
            jobs.append(job)
            rows += len(job[0])
        images = jobs[0][0] if len(jobs) == 1 else np.concatenate([image for image, _ in jobs])
        try:
            logits = (await asyncio.to_thread(session.run, ["logits"], {"image": images}))[0]
        except Exception as error:
            for _, answer in jobs:
                answer.set_exception(error)
            continue
        at = 0
        for image, answer in jobs:
            if not answer.done():
                answer.set_result(logits[at : at + len(image)])
            at += len(image)


@asynccontextmanager
async def lifespan(_: FastAPI):
    worker = asyncio.create_task(work())
    yield
    worker.cancel()


app = FastAPI(lifespan=lifespan)


@app.post("/v2/models/{model}/infer")
async def infer(model: str, request: Request) -> Response:
    body = await request.body()
    length = int(request.headers["inference-header-content-length"])
    head = json.loads(body[:length])
    tensor = head["inputs"][0]
    images = np.frombuffer(body, dtype="<f4", offset=length).reshape(tensor["shape"])
    answer = asyncio.get_running_loop().create_future()
    waiting.put_nowait((images, answer))
    logits = await answer
    data = logits.tobytes()
    output = {"name": "logits", "shape": list(logits.shape), "datatype": "FP32", "parameters": {"binary_data_size": len(data)}}
    reply = json.dumps({"model_name": arguments.name, "model_version": "1", "outputs": [output]}).encode()
    return Response(reply + data, media_type="application/octet-stream", headers={"inference-header-content-length": str(len(reply))})


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}", "onnxruntime": ort.__version__}), flush=True)
# As it comes, a line for each request is written, by the other server too.
logging = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
logging["handlers"]["access"]["stream"] = "ext://sys.stderr"
uvicorn.Server(uvicorn.Config(app, log_config=logging, loop="uvloop", http="httptools")).run(sockets=[listener])
