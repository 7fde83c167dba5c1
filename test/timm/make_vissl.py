"""Safetensors with VISSL's names as the pickles that VISSL writes, so that their conversion can be tried.

python make_vissl.py KIND FOLDER [SAFETENSORS ...]   consolidated or sliced: one file; sharded: one for each rank, in order
"""
import hashlib
import json
import os
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file

kind, folder, *files = sys.argv[1:]
index = os.path.join(folder, "model_phase0.torch")


def model_of(tensors, heads_as_list):
    trunk = {name[len("trunk.") :]: value for name, value in tensors.items() if name.startswith("trunk.")}
    heads = {name[len("heads.") :]: value for name, value in tensors.items() if name.startswith("heads.")}
    if heads_as_list:
        heads = [{name[len("0.") :]: value for name, value in heads.items()}]
    return {"trunk": trunk, "heads": heads}


if kind == "sharded":
    shards = []
    for rank, file in enumerate(files):
        with safe_open(file, "pt") as opened:
            meta = json.loads(opened.metadata()["vissl_meta"])
        base = {
            "model": model_of(load_file(file), True),
            "meta": {"trunk": meta["trunk"], "heads": [meta["heads.0"]]},
        }
        for unit in [*meta["trunk"]["param_metadata"], *meta["heads.0"]["param_metadata"]]:
            unit["param_shapes"] = [torch.Size(shape) for shape in unit["param_shapes"]]
        shards.append(f"model_phase0_shard{rank}.torch")
        torch.save({"type": "shard", "classy_state_dict": {"base_model": base}}, os.path.join(folder, shards[-1]))
    torch.save({"type": "shard_list", "shards": shards}, index)
else:
    model = model_of(load_file(files[0]), False)
    if kind == "sliced":
        layers = os.path.join(folder, "model_phase0_layers")
        os.makedirs(layers)
        for part in model.values():
            for name, value in part.items():
                file = hashlib.sha1(name.encode()).hexdigest() + ".torch"
                torch.save({"type": "slice", "weight": value}, os.path.join(layers, file))
                # As on the machine that wrote it.
                part[name] = f"/elsewhere/model_phase0_layers/{file}"
    state = {"type": "slice_list" if kind == "sliced" else "consolidated"}
    torch.save({**state, "classy_state_dict": {"base_model": {"model": model}}}, index)
