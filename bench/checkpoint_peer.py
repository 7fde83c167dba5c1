"""The peer of checkpoint.ts: torch.distributed.checkpoint in one process. Arguments: save or load, source, folder.

Saves the source's bytes as f32 tensors of 16 MiB and brings them to the disk (sync_files), or loads them into tensors that are
there. Prints {"seconds": ...}; imports are not counted.
"""

import json
import os
import sys
import time
import warnings

import numpy
import torch
import torch.distributed.checkpoint as dcp

TENSOR_BYTES = 16 * 2**20


def main(what, source, folder):
    warnings.filterwarnings("ignore")
    count = os.path.getsize(source) // TENSOR_BYTES
    if what == "save":
        values = torch.from_numpy(numpy.fromfile(source, dtype=numpy.float32))
        state = {f"tensor{i}": part.clone() for i, part in enumerate(values.chunk(count))}
        begin = time.perf_counter()
        dcp.save(state, storage_writer=dcp.FileSystemWriter(folder, sync_files=True))
    else:
        state = {f"tensor{i}": torch.ones(TENSOR_BYTES // 4) for i in range(count)}
        begin = time.perf_counter()
        dcp.load(state, storage_reader=dcp.FileSystemReader(folder))
    print(json.dumps({"seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main(*sys.argv[1:])
