"""PyTorch's side of the probe benchmark: BatchNorm1d and Linear on features in memory. Prints one line of JSON."""
import argparse
import contextlib
import json
import time

import torch


def train(features, labels, classes, epochs, precision):
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(features.shape[1]), torch.nn.Linear(features.shape[1], classes))
    groups = [{"params": model[0].parameters(), "weight_decay": 0}, {"params": model[1].parameters()}]
    optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [8, 16, 24])
    narrow = torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()
    for _ in range(epochs):
        for rows in torch.randperm(len(features)).split(256):
            optimizer.zero_grad()
            with narrow:
                loss = torch.nn.functional.cross_entropy(model(features[rows]), labels[rows])
            loss.backward()
            optimizer.step()
        schedule.step()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=["bf16", "fp32"], required=True)
    for name in ("rows", "width", "classes", "epochs", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    features = torch.rand(args.rows, args.width) * 2 - 1
    labels = torch.randint(args.classes, (args.rows,))
    train(features[:512], labels[:512], args.classes, 1, args.precision)
    begin = time.perf_counter()
    train(features, labels, args.classes, args.epochs, args.precision)
    print(json.dumps({"seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
