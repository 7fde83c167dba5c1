"""The peer of crops.ts: SwAV's crops by torchvision v2 on PIL images. Arguments: JPEG files.

Prints {"imagesPerCpuSecond": ...}; the import and a warm-up are not counted.
"""

import json
import random
import sys
import time

import numpy
import torch
from PIL import Image, ImageFilter
from torchvision.transforms import v2

torch.set_num_threads(1)


class PillowBlur:
    """SwAV blurs with PIL, with a radius drawn per crop."""

    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))


def transform(size, scale):
    return v2.Compose(
        [
            v2.RandomResizedCrop(size, scale=scale, interpolation=v2.InterpolationMode.BILINEAR),
            v2.RandomHorizontalFlip(0.5),
            v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8),
            v2.RandomGrayscale(0.2),
            v2.RandomApply([PillowBlur()], p=0.5),
        ]
    )


GROUPS = [(2, transform(160, (0.14, 1.0))), (4, transform(96, (0.05, 0.14)))]


def crops(file):
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    # Pixels end in an array, as a loader needs them.
    return [numpy.asarray(one(image)) for count, one in GROUPS for _ in range(count)]


def main(files):
    for file in files[:4]:
        crops(file)
    start = time.process_time()
    for file in files:
        crops(file)
    print(json.dumps({"imagesPerCpuSecond": len(files) / (time.process_time() - start)}))


if __name__ == "__main__":
    main(sys.argv[1:])
