"""faiss's side of the kNN benchmark: exact search by inner product, the database in memory. Prints one line of JSON."""
import argparse
import json
import re
import time

import faiss
from safetensors.numpy import load_file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--k", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    faiss.omp_set_num_threads(args.threads)
    queries = load_file(args.queries)["features"]
    index = faiss.IndexFlatIP(queries.shape[1])
    index.add(load_file(args.database)["features"])
    begin = time.perf_counter()
    index.search(queries, args.k)
    seconds = time.perf_counter() - begin
    with open("/proc/self/status") as status:
        peak = int(re.search(r"VmHWM:\s*(\d+)", status.read())[1])
    print(json.dumps({"seconds": seconds, "peakMb": peak / 1024}))


if __name__ == "__main__":
    main()
