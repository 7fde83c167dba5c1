"""VISSL's checkpoints as safetensors, which `auspex checkpoint import` reads. Needs torch and safetensors, and no VISSL.

python vissl_to_safetensors.py CHECKPOINT OUT   OUT is a new folder

Consolidated, sliced and sharded checkpoints alike. `weights_only=True` lets the file build tensors and plain containers, and
run nothing else.
"""
import json
import os
import sys

import torch
from safetensors.torch import save_file

source, out = sys.argv[1:]
os.makedirs(out)


def load(path):
    path = path if os.path.isabs(path) and os.path.exists(path) else os.path.join(os.path.dirname(source), path)
    return torch.load(path, map_location="cpu", weights_only=True)


def slice_of(path):
    # Paths in a sliced checkpoint are absolute, of the machine that wrote it: the folder beside it has the same files.
    beside = os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path))
    return load(path if os.path.exists(path) else beside)["weight"]


def named(model):
    """Trunk and heads in one, as `trunk.` and `heads.0.`."""
    heads = model.get("heads") or {}
    if isinstance(heads, list):
        heads = {f"{i}.{name}": value for i, head in enumerate(heads) for name, value in head.items()}
    parts = {f"trunk.{name}": value for name, value in model["trunk"].items()}
    return {**parts, **{f"heads.{name}": value for name, value in heads.items()}}


def save(name, tensors, metadata=None):
    contiguous = {key: value.detach().clone().contiguous() for key, value in tensors.items()}
    save_file(contiguous, os.path.join(out, f"{name}.safetensors"), metadata)


checkpoint = torch.load(source, map_location="cpu", weights_only=True)
kind = checkpoint.get("type", "consolidated")
if kind == "shard_list":
    for rank, path in enumerate(checkpoint["shards"]):
        base = load(path)["classy_state_dict"]["base_model"]
        heads = {f"heads.{i}": meta for i, meta in enumerate(base["meta"].get("heads", []))}
        meta = json.dumps({"trunk": base["meta"]["trunk"], **heads}, default=list)
        save(f"shard-{rank:05d}", named(base["model"]), {"vissl_rank": str(rank), "vissl_meta": meta})
else:
    tensors = named(checkpoint.get("classy_state_dict", checkpoint)["base_model"]["model"])
    if kind == "slice_list":
        # One after another, so that the whole need not fit into memory.
        for number, (name, path) in enumerate(tensors.items()):
            save(f"slice-{number:05d}", {name: slice_of(path)})
    else:
        save("weights", tensors)
