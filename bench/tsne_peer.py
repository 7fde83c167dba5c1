"""scikit-learn's side of the t-SNE benchmark: Barnes-Hut, by the paper's settings. Prints one line of JSON; points go to a file, f64."""
import argparse
import json
import re
import time

import numpy
from safetensors.numpy import load_file
from sklearn.manifold import TSNE


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", required=True)
    parser.add_argument("--points", required=True)
    parser.add_argument("--iterations", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    rows = load_file(args.rows)["features"]
    begin = time.perf_counter()
    map = TSNE(
        perplexity=40, learning_rate=100, max_iter=args.iterations, init="pca", method="barnes_hut", n_jobs=args.threads, random_state=0
    ).fit(rows)
    seconds = time.perf_counter() - begin
    map.embedding_.astype(numpy.float64).tofile(args.points)
    with open("/proc/self/status") as status:
        peak = int(re.search(r"VmHWM:\s*(\d+)", status.read())[1])
    result = {"seconds": seconds, "divergence": float(map.kl_divergence_), "iterations": int(map.n_iter_) + 1, "peakMb": peak / 1024}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
