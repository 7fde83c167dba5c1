"""Features of a timm model with the weights of a trunk.safetensors, strictly loaded, without any conversion.

python features_by_timm.py MODEL TRUNK VIEWS OUT
  VIEWS  safetensors with `views` (N, H, W, 3) uint8, `mean` (3), `std` (3)
  OUT    safetensors with `features` (N, width)
"""
import sys

import timm
import torch
from safetensors.torch import load_file, save_file

name, trunk, views_file, out = sys.argv[1:]
model = timm.create_model(name, num_classes=0)
model.load_state_dict(load_file(trunk), strict=True)
model.eval()
inputs = load_file(views_file)
images = inputs["views"].permute(0, 3, 1, 2).float() / 255
images = (images - inputs["mean"].view(1, 3, 1, 1)) / inputs["std"].view(1, 3, 1, 1)
with torch.no_grad():
    save_file({"features": model(images).contiguous()}, out)
