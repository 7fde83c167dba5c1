"""Features of a timm model with the weights of a trunk.safetensors, strictly loaded, without any conversion; or of a sliced
checkpoint, loaded by huggingface_hub, of which the trunk must be all that the model has.

python features_by_timm.py MODEL TRUNK VIEWS OUT
  TRUNK  trunk.safetensors, or a folder of slices
  VIEWS  safetensors with `views` (N, H, W, 3) uint8, `mean` (3), `std` (3)
  OUT    safetensors with `features` (N, width)
"""
import os
import sys

import timm
import torch
from safetensors.torch import load_file, save_file

name, trunk, views_file, out = sys.argv[1:]
model = timm.create_model(name, num_classes=0)
if os.path.isdir(trunk):
    from huggingface_hub import load_torch_model

    missing, unexpected = load_torch_model(model, trunk)
    assert all(key.endswith(".num_batches_tracked") for key in missing), missing  # counted for nothing when evaluating
    assert all(key.startswith(("head.", "prototypes.")) for key in unexpected), unexpected
else:
    model.load_state_dict(load_file(trunk), strict=True)
model.eval()
inputs = load_file(views_file)
images = inputs["views"].permute(0, 3, 1, 2).float() / 255
images = (images - inputs["mean"].view(1, 3, 1, 1)) / inputs["std"].view(1, 3, 1, 1)
with torch.no_grad():
    save_file({"features": model(images).contiguous()}, out)
