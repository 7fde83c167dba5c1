"""Trains by the gRPC API of `auspex serve --api`, follows the job, and finds each photo's nearest neighbour.

    pip install -r docs/examples/requirements.txt
    python -m grpc_tools.protoc -I protos --python_out stubs --grpc_python_out stubs \\
        protos/auspex/v1/*_service.proto protos/auspex/v1/jobs.proto protos/google/rpc/status.proto
    PYTHONPATH=stubs python docs/examples/api_client.py 127.0.0.1:7470 /data/photos [KEY=VALUE ...]

The folder of photos is the server's, and this program reads it too. A token, where the server wants one, is read from AUSPEX_TOKEN.
"""

import os
import sys
from pathlib import Path

import grpc
from auspex.v1 import embedding_service_pb2 as embeddings
from auspex.v1 import embedding_service_pb2_grpc, job_service_pb2_grpc, search_service_pb2_grpc
from auspex.v1 import job_service_pb2 as jobs
from auspex.v1 import jobs_pb2
from auspex.v1 import search_service_pb2 as search
from google.rpc import status_pb2

address, photos, *settings = sys.argv[1:]
SIZE = 32  # pixels of a view


def metadata():
    token = os.environ.get("AUSPEX_TOKEN")
    return [("authorization", f"Bearer {token}")] if token else []


def reason_of(error):
    """The stable code of an error, such as OUTSIDE_ROOTS."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                info = status_pb2.ErrorInfo()
                if detail.Unpack(info):
                    return info.reason
    return error.code().name


def follow(service, job):
    for event in service.StreamJobEvents(jobs.StreamJobEventsRequest(id=job), metadata=metadata()):
        kind = event.WhichOneof("event")
        print(f"{job}: {kind}")
        if kind == "succeeded":
            return event.succeeded.result
    raise SystemExit(f"{job} did not succeed")


with grpc.insecure_channel(address) as channel:
    job_service = job_service_pb2_grpc.JobServiceStub(channel)
    training = jobs_pb2.Training(preset="tiny", data=photos, set=dict(pair.split("=", 1) for pair in settings))
    try:
        submitted = job_service.SubmitJob(jobs.SubmitJobRequest(training=training), metadata=metadata(), timeout=30)
    except grpc.RpcError as error:
        sys.exit(f"{reason_of(error)}: {error.details()}")
    run = follow(job_service, submitted.id).training.out

    features = jobs_pb2.Evaluation(
        protocol="features", checkpoint=run, data=photos, options=jobs_pb2.EvaluationOptions(size=SIZE)
    )
    evaluated = job_service.SubmitJob(jobs.SubmitJobRequest(evaluation=features), metadata=metadata(), timeout=30)
    follow(job_service, evaluated.id)

    searching = search_service_pb2_grpc.SearchServiceStub(channel)
    for step in searching.BuildIndex(search.BuildIndexRequest(index="photos", job=evaluated.id), metadata=metadata()):
        print(f"index: {step.done} of {step.total}")

    encoder = embeddings.EncoderSpec(checkpoint=run, size=SIZE)
    files = sorted(path for path in Path(photos).rglob("*.jpg"))

    def requests():
        yield embeddings.EmbedStreamRequest(encoder=encoder)
        for file in files:
            image = embeddings.ImageInput(name=str(file.relative_to(photos)), data=file.read_bytes())
            yield embeddings.EmbedStreamRequest(image=image)

    embedding = embedding_service_pb2_grpc.EmbeddingServiceStub(channel)
    for answer in embedding.EmbedStream(requests(), metadata=metadata()):
        if answer.WhichOneof("response") != "image":
            continue
        request = search.SearchRequest(index="photos", k=2, queries=[answer.image.features])
        [found] = searching.Search(request, metadata=metadata()).queries
        other = next(one for one in found.neighbours if one.name != answer.image.name)
        print(f"{answer.image.name} is most like {other.name} ({other.similarity:.3f})")
