"""A RegNet of timm or torchvision beside ours: the same weights, the same features.

python exchange.py load LIBRARY MODEL WEIGHTS VIEWS FEATURES   loads WEIGHTS with strict=True
python exchange.py save LIBRARY MODEL WEIGHTS VIEWS FEATURES   writes WEIGHTS, classifier included, with random values

  LIBRARY   timm or torchvision
  VIEWS     safetensors with `views` (N, H, W, 3) uint8, `mean` (3), `std` (3)
  FEATURES  safetensors with `features` (N, width), which is written
"""
import sys

import torch
from safetensors.torch import load_file, save_file

what, library, name, weights, views_file, out = sys.argv[1:]


def build():
    if library == "timm":
        import timm

        return timm.create_model(name)
    import torchvision

    return torchvision.models.get_model(name)


def without_classifier(model):
    if library == "timm":
        model.reset_classifier(0)
    else:
        model.fc = torch.nn.Identity()


torch.manual_seed(5)
model = build()
if what == "save":
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.2)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, weights)
without_classifier(model)
if what == "load":
    model.load_state_dict(load_file(weights), strict=True)
model.eval()
inputs = load_file(views_file)
images = inputs["views"].permute(0, 3, 1, 2).float() / 255
images = (images - inputs["mean"].view(1, 3, 1, 1)) / inputs["std"].view(1, 3, 1, 1)
with torch.no_grad():
    save_file({"features": model(images).contiguous()}, out)
