"""Checks ONNX files with the reference checker and runs them once on random inputs.

Usage: python check_onnx.py [--check-only] [--set SYMBOL=SIZE] [--seed N] FILE...

Prints one line per file. Ends with 1 when a file is refused, does not run, or gives values that are not finite.
"""

import argparse
import sys

import numpy as np
import onnx
import onnxruntime

DTYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int8)": np.int8,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}


def random_input(port, sizes, random):
    """Floats in [0, 1); whole numbers 0 or 1, so that they are labels of any classifier."""
    shape = [size if isinstance(size, int) else sizes.get(size, 2) for size in port.shape]
    dtype = DTYPES[port.type]
    if np.issubdtype(dtype, np.floating):
        return random.random(shape).astype(dtype)
    return random.integers(0, 2, shape).astype(dtype)


def check(path, sizes, seed, runs):
    """What the file computed, as text; raises whatever onnx or onnxruntime raises."""
    onnx.checker.check_model(path, full_check=True)
    if not runs:
        return "checked"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(seed)
    feeds = {port.name: random_input(port, sizes, random) for port in session.get_inputs()}
    results = session.run(None, feeds)
    described = []
    for port, value in zip(session.get_outputs(), results):
        declared = [size for size in port.shape]
        if len(declared) != value.ndim or any(isinstance(d, int) and d != v for d, v in zip(declared, value.shape)):
            raise ValueError(f"{port.name} declares {declared} and has {list(value.shape)}")
        if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
            raise ValueError(f"{port.name} has values that are not finite")
        described.append(f"{port.name} {value.dtype}{list(value.shape)}")
    return ", ".join(described)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--check-only", action="store_true", help="do not run the files")
    parser.add_argument("--set", action="append", default=[], metavar="SYMBOL=SIZE", help="size of a symbolic dimension (default: 2)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sizes = {name: int(size) for name, size in (entry.split("=") for entry in arguments.set)}
    failed = 0
    for path in arguments.files:
        try:
            print(f"ok    {path}: {check(path, sizes, arguments.seed, not arguments.check_only)}")
        except Exception as error:  # Whatever a file provokes is that file's result.
            failed += 1
            print(f"FAIL  {path}: {type(error).__name__}: {error}")
    print(f"{len(arguments.files) - failed} of {len(arguments.files)} files pass (onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
