"""Steps of a fine-tuning by PyTorch, on timm's RegNet with a linear classifier.

python fine_tune_by_torch.py SETTINGS INPUT OUTPUT
  SETTINGS  JSON: depth, w0, wa, wm, groupWidth, classes, batchNorm, rates, momentum, weightDecay, nesterov, vectorsUndecayed
  INPUT     safetensors: trunk.*, classifier.*, crops0 (N, H, W, 3) uint8, labels0 (N), ..., mean (3), std (3)
  OUTPUT    safetensors: losses, and trunk.* and classifier.* after the steps
"""
import json
import sys

import torch
from safetensors.torch import load_file, save_file
from timm.models.regnet import RegNet, RegNetCfg

settings = json.loads(sys.argv[1])
given = load_file(sys.argv[2])
torch.set_num_threads(1)
shape = RegNetCfg(
    depth=settings["depth"], w0=settings["w0"], wa=settings["wa"], wm=settings["wm"],
    group_size=settings["groupWidth"], se_ratio=0.25,
)
trunk = RegNet(shape, num_classes=0)
classifier = torch.nn.Linear(trunk.num_features, settings["classes"])
if settings["batchNorm"]:
    classifier.bn = torch.nn.BatchNorm1d(trunk.num_features)
model = torch.nn.ModuleDict({"trunk": trunk, "classifier": classifier})
ours = {name: value for name, value in given.items() if name.startswith(("trunk.", "classifier."))}
missing, unexpected = model.load_state_dict(ours, strict=False)
assert not unexpected, unexpected
assert all(name.endswith("num_batches_tracked") for name in missing), missing
model.train()

vectors = [p for p in model.parameters() if p.ndim == 1]
others = [p for p in model.parameters() if p.ndim != 1]
decay = settings["weightDecay"]
groups = [
    {"params": others, "weight_decay": decay},
    {"params": vectors, "weight_decay": 0 if settings["vectorsUndecayed"] else decay},
]
optimizer = torch.optim.SGD(groups, lr=0.1, momentum=settings["momentum"], nesterov=settings["nesterov"])

losses = []
for step, rate in enumerate(settings["rates"]):
    images = given[f"crops{step}"].permute(0, 3, 1, 2).float() / 255
    images = (images - given["mean"].view(1, 3, 1, 1)) / given["std"].view(1, 3, 1, 1)
    features = trunk(images)
    if settings["batchNorm"]:
        features = classifier.bn(features)
    loss = torch.nn.functional.cross_entropy(classifier(features), given[f"labels{step}"].long())
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

result = {name: value.contiguous() for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
save_file({"losses": torch.tensor(losses), **result}, sys.argv[3])
