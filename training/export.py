"""A trained network as an ONNX file with its manifest, checked against the ONNX Runtime."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch

from .data import Schema, Window, pack
from .fit import tensors
from .model import Committee

OPSET = 18
BYTES_MAX = 5 << 19


def inputs(windows: Sequence[Window], schema: Schema) -> dict[str, torch.Tensor]:
    xs, (src, dst, rel, attr, graph, inverse) = tensors(pack(windows, schema))
    named = {f"x_{kind}": x for kind, x in zip(schema.node_types, xs, strict=True)}
    return named | {"src": src, "dst": dst, "rel": rel, "edge_attr": attr, "graph_id": graph, "inv_n": inverse}


def write_onnx(model: Committee, windows: Sequence[Window], schema: Schema, path: Path) -> None:
    warnings.filterwarnings("ignore")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    example = inputs(windows, schema)
    dynamic = {name: {0: torch.export.Dim.DYNAMIC} for name in example}
    with torch.no_grad():
        program = torch.onnx.export(
            model.eval(),
            tuple(example.values()),
            dynamo=True,
            dynamic_shapes=dynamic,
            input_names=list(example),
            output_names=["probs"],
            opset_version=OPSET,
            verbose=False,
            optimize=True,
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    program.save(str(path), external_data=False)
    strip(path)


def strip(path: Path) -> None:
    """The exporter writes where every operation came from in the source: a third of the file, and paths of the machine."""
    model = onnx.load(str(path))
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def parity(model: Committee, windows: Sequence[Window], schema: Schema, path: Path) -> dict[str, float]:
    """Largest differences: of PyTorch and the runtime, and of windows together and one at a time."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)

    def run(group: Sequence[Window]) -> np.ndarray:
        return session.run(None, {name: value.numpy() for name, value in inputs(group, schema).items()})[0]

    with torch.no_grad():
        expected = model.eval()(*inputs(windows, schema).values()).numpy()
    together = run(windows)
    alone = np.concatenate([run([window]) for window in windows])
    return {"torch": float(np.abs(expected - together).max()), "batch": float(np.abs(together - alone).max())}


def manifest(path: Path, schema: Schema, platform: str, version: str, facts: dict[str, Any]) -> None:
    content = path.read_bytes()
    if len(content) > BYTES_MAX:
        raise ValueError(f"the model has {len(content)} bytes, more than {BYTES_MAX}")
    described = {
        "name": f"watchfloor-{platform}",
        "platform": platform,
        "version": version,
        "schema": schema.version,
        "sha256": hashlib.sha256(content).hexdigest(),
        **facts,
    }
    (path.parent / "manifest.json").write_text(json.dumps(described, indent=2) + "\n")
