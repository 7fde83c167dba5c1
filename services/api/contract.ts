/** The services of protos/auspex/v1 and who may call what; the server and the client of TypeScript are both made from it. */
import { auspex } from '#protos/auspex.js';
import { bidiStream, type Service, serverStream, unary } from './rpc/method.ts';

const { v1 } = auspex;

export const JOB_SERVICE = {
  name: 'auspex.v1.JobService',
  methods: {
    submitJob: unary('submit', v1.SubmitJobRequest, v1.JobStatus),
    getJob: unary('read', v1.GetJobRequest, v1.JobStatus),
    listJobs: unary('read', v1.ListJobsRequest, v1.ListJobsResponse),
    cancelJob: unary('submit', v1.CancelJobRequest, v1.JobStatus),
    streamJobEvents: serverStream('read', v1.StreamJobEventsRequest, v1.JobEvent),
  },
} as const satisfies Service;

export const EMBEDDING_SERVICE = {
  name: 'auspex.v1.EmbeddingService',
  methods: {
    embed: unary('read', v1.EmbedRequest, v1.EmbedResponse),
    embedStream: bidiStream('read', v1.EmbedStreamRequest, v1.EmbedStreamResponse),
  },
} as const satisfies Service;

export const SEARCH_SERVICE = {
  name: 'auspex.v1.SearchService',
  methods: {
    buildIndex: serverStream('submit', v1.BuildIndexRequest, v1.BuildIndexProgress),
    search: unary('read', v1.SearchRequest, v1.SearchResponse),
    listIndexes: unary('read', v1.ListIndexesRequest, v1.ListIndexesResponse),
    deleteIndex: unary('admin', v1.DeleteIndexRequest, v1.DeleteIndexResponse),
  },
} as const satisfies Service;

export const EVALUATION_SERVICE = {
  name: 'auspex.v1.EvaluationService',
  methods: {
    listProtocols: unary('read', v1.ListProtocolsRequest, v1.ListProtocolsResponse),
    listResults: unary('read', v1.ListResultsRequest, v1.ListResultsResponse),
    getResult: unary('read', v1.GetResultRequest, v1.EvaluationResult),
    readFeatures: serverStream('read', v1.ReadFeaturesRequest, v1.FeatureRows),
  },
} as const satisfies Service;

export const CHECKPOINT_SERVICE = {
  name: 'auspex.v1.CheckpointService',
  methods: {
    listCheckpoints: unary('read', v1.ListCheckpointsRequest, v1.ListCheckpointsResponse),
    inspectCheckpoint: unary('read', v1.InspectCheckpointRequest, v1.CheckpointContents),
    verifyCheckpoint: serverStream('read', v1.VerifyCheckpointRequest, v1.VerifyCheckpointProgress),
    readFile: serverStream('read', v1.ReadFileRequest, v1.FileChunk),
  },
} as const satisfies Service;

export const SERVICES = [
  JOB_SERVICE,
  EMBEDDING_SERVICE,
  SEARCH_SERVICE,
  EVALUATION_SERVICE,
  CHECKPOINT_SERVICE,
] as const;
