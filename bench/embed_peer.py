"""PyTorch's side of the embed benchmark: the trunk of torch_swav.py in eval mode. Prints one line of JSON."""
import argparse
import json
import statistics
import sys
import time

import torch


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", required=True, help="folder of torch_swav.py")
    parser.add_argument("--arch", required=True, help="depth,w0,wa,wm,gw and more, as torch_swav.py takes it")
    parser.add_argument("--dtype", choices=["bf16", "fp32"], required=True)
    for name in ("batch", "size", "runs", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    sys.path.insert(0, args.peers)
    from torch_swav import RegNetY

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    depth, w0, wa, wm, group_width = args.arch.split(",")[:5]
    dtype = torch.bfloat16 if args.dtype == "bf16" else torch.float32
    model = RegNetY(int(depth), int(w0), float(wa), float(wm), int(group_width))
    model = model.eval().to(dtype).to(memory_format=torch.channels_last)
    images = torch.randn(args.batch, 3, args.size, args.size).to(dtype).contiguous(memory_format=torch.channels_last)
    seconds = []
    with torch.inference_mode():
        for _ in range(args.runs + 2):
            begin = time.perf_counter()
            model(images)
            seconds.append(time.perf_counter() - begin)
    print(json.dumps({"imagesPerSecond": args.batch / statistics.median(seconds[2:])}))


if __name__ == "__main__":
    main()
