/**
 * TensorFlow as a device to run programs on, in a thread of its own: JavaScript's thread stays free while a step runs.
 *
 *     executor ──run, with what was written──▶ worker.ts ──▶ loaded-program.ts ──▶ operations/ ──▶ binding.ts
 */
import { existsSync } from 'node:fs';
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { type MemoryPlan, planMemory } from '../../program/memory-plan.ts';
import type { Program } from '../../program/program.ts';
import type { CommunicatorHandle, Compiled, Executor } from '../base-executor.ts';
import { startThread } from '../start-thread.ts';
import { collectiveFailure } from './collectives.ts';
import { TensorFlowError, type TensorFlowErrorCode } from './errors.ts';
import { TensorFlowExecutor } from './executor.ts';
import type { Answer, Failure, RanksOf, Request, Thread } from './messages.ts';
import { type Build, ncclOf, placeOf, readStamp } from './place.ts';

export interface TensorFlowOptions {
  /** 'gpu' insists on a GPU. */
  readonly build: Build;
  /** Threads of a processor that one operation may use. Settled by the first device of a process. @default one per core */
  readonly threads?: number;
}

type Answered = Extract<Answer, { id: number }>;

/** Milliseconds after which a read that has no answer is given up: operations before it may take this long. */
const LONGEST_READ = 600_000;

/** Communicators are known by numbers that are the whole process's. */
let nextCommunicator = 0;

const devices = new Map<Build, Promise<TensorFlowDevice>>();

export class TensorFlowDevice implements Thread {
  /** Of TensorFlow. */
  readonly version: string;
  readonly isGpu: boolean;
  readonly #build: Build;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, { resolve(answer: Answered): void; reject(error: Error): void }>();
  #nextId = 0;
  #nextProgram = 0;
  #ended: Error | undefined;

  /**
   * Starts TensorFlow, once in a process.
   * @throws TensorFlowError TENSORFLOW_NOT_SET_UP, TENSORFLOW_NOT_LOADED, NO_GPU
   */
  static open(options: TensorFlowOptions): Promise<TensorFlowDevice> {
    let device = devices.get(options.build);
    if (!device) {
      device = start(options);
      devices.set(options.build, device);
      device.catch(() => devices.delete(options.build));
    }
    return device;
  }

  /** Use `open`. */
  constructor(build: Build, worker: Worker, port: MessagePort, ready: Extract<Answer, { kind: 'ready' }>) {
    this.#build = build;
    this.#worker = worker;
    this.#port = port;
    this.version = ready.version;
    this.isGpu = ready.isGpu;
    port.on('message', (answer: Answered) => this.#settle(answer));
    const end = (why: string) => {
      this.#ended = new TensorFlowError('TENSORFLOW_FAILED', `TensorFlow's thread ended: ${why}.`);
      for (const { reject } of this.#waiting.values()) reject(this.#ended);
      this.#waiting.clear();
    };
    worker.on('error', (error) => end(error.message));
    worker.on('exit', (code) => end(`it exited with ${code}`));
    this.#letGo();
  }

  /** Nothing is allocated before `allocate`. Its plan says what values need; TensorFlow's workspaces come on top. */
  compile(program: Program): Compiled {
    const plan: MemoryPlan = planMemory(program);
    return {
      program,
      plan,
      workspaceBytes: program.operations.map(() => 0),
      allocate: (communicator?: CommunicatorHandle): Executor => {
        const ranks = communicator && { of: this.#bind(communicator), communicator };
        return new TensorFlowExecutor(this, this.#nextProgram++, program, plan, ranks);
      },
    };
  }

  /** @throws TensorFlowError TENSORFLOW_NOT_SET_UP; CollectiveError CANNOT_OPEN if the library is another one */
  #bind(communicator: CommunicatorHandle): RanksOf {
    const id = nextCommunicator++;
    communicator.bindToTensorFlow(requireOperations(this.#build), id);
    return { communicator: id, rank: communicator.rank, size: communicator.size };
  }

  tell(request: Extract<Request, { kind: 'load' | 'free' }>): void {
    if (!this.#ended) this.#port.postMessage(request);
  }

  /** Keeps the process alive until the answer. */
  async run(
    request: Omit<Extract<Request, { kind: 'run' }>, 'id' | 'kind'>,
  ): Promise<Extract<Answer, { kind: 'ran' }>> {
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    const answer = await new Promise<Answered>((resolve, reject) => {
      if (this.#waiting.size === 0) this.#hold();
      this.#waiting.set(id, { resolve, reject });
      const transfer = request.writes.map(({ bytes }) => bytes.buffer);
      this.#port.postMessage({ kind: 'run', id, ...request } satisfies Request, transfer);
    });
    if (answer.kind !== 'ran') throw new Error(`a run was answered with ${answer.kind}`);
    return answer;
  }

  read(program: number, value: number): Uint8Array {
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    const answered = new SharedArrayBuffer(4);
    this.#port.postMessage({ kind: 'read', id, program, value, answered } satisfies Request);
    if (Atomics.wait(new Int32Array(answered), 0, 0, LONGEST_READ) === 'timed-out') {
      throw new TensorFlowError(
        'TENSORFLOW_FAILED',
        `TensorFlow's thread has not answered for ${LONGEST_READ / 1000} s.`,
      );
    }
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: Answered } | undefined;
      if (!received) throw new Error('the answer to a read is missing');
      const { message } = received;
      if (message.id !== id) this.#settle(message);
      else if (message.kind === 'failed') throw errorOf(message.failure);
      else if (message.kind === 'bytes') return message.bytes;
    }
  }

  /** Ends the thread and gives all memory back. */
  async close(): Promise<void> {
    for (const [build, device] of devices) if ((await device) === this) devices.delete(build);
    await this.#worker.terminate();
  }

  #settle(answer: Answered): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#letGo();
    if (answer.kind === 'failed') waiting.reject(errorOf(answer.failure));
    else waiting.resolve(answer);
  }

  /** A process may end while nothing runs. */
  #letGo(): void {
    this.#worker.unref();
    this.#port.unref();
  }

  #hold(): void {
    this.#worker.ref();
    this.#port.ref();
  }
}

function errorOf({ code, message }: Failure): Error {
  return collectiveFailure(message) ?? new TensorFlowError(code as TensorFlowErrorCode, message);
}

/** Collectives on GPUs take the libraries that TensorFlow uses, unless the environment names others. */
export function chooseNccl(): void {
  const place = placeOf('gpu');
  if (!readStamp(place)) return;
  const { nccl, cudart } = ncclOf(place);
  if (existsSync(nccl)) process.env['AUSPEX_NCCL'] ??= nccl;
  if (existsSync(cudart)) process.env['AUSPEX_CUDART'] ??= cudart;
}

/**
 * The library of operations by which ranks exchange.
 * @throws TensorFlowError TENSORFLOW_NOT_SET_UP
 */
export function requireOperations(build: Build): string {
  const place = placeOf(build);
  const set = `'auspex setup tensorflow${build === 'gpu' ? ' --gpu' : ''}'`;
  if (!readStamp(place)) {
    throw new TensorFlowError('TENSORFLOW_NOT_SET_UP', `TensorFlow (${build}) is not at ${place.folder}. Run ${set}.`);
  }
  if (existsSync(place.operations)) return place.operations;
  throw new TensorFlowError(
    'TENSORFLOW_NOT_SET_UP',
    `The operations by which ranks exchange on TensorFlow are not at ${place.operations}. Run ${set}, which adds them.`,
  );
}

/** Of the GPUs that this process sees, the one at that place, as CUDA_VISIBLE_DEVICES names it; undefined where it names fewer. */
export function visibleGpu(place: number): string | undefined {
  const visible = process.env['CUDA_VISIBLE_DEVICES'];
  return visible === undefined ? String(place) : visible.split(',')[place];
}

/**
 * For CUDA's start, which reads it once: of several GPUs, the binding would put tensors on the last, and TensorFlow operations on the
 * first. @returns what shows the others again, to processes that this one starts
 */
function showOneGpu(): () => void {
  const visible = process.env['CUDA_VISIBLE_DEVICES'];
  process.env['CUDA_VISIBLE_DEVICES'] = visibleGpu(0);
  return () => {
    if (visible === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
    else process.env['CUDA_VISIBLE_DEVICES'] = visible;
  };
}

async function start({ build, threads }: TensorFlowOptions): Promise<TensorFlowDevice> {
  // TensorFlow reads these when it starts; whoever set them wins.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  process.env['TF_NUM_INTEROP_THREADS'] ??= '1';
  // NCCL needs room on the GPU as well.
  if (build === 'gpu') process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  // Streams of TensorFlow and of both channels that shared a queue would wait for each other; CUDA has 8 unless it is told.
  if (build === 'gpu') process.env['CUDA_DEVICE_MAX_CONNECTIONS'] ??= '32';
  const restore = build === 'gpu' ? showOneGpu() : undefined;
  try {
    return await startIn(build);
  } finally {
    restore?.();
  }
}

async function startIn(build: Build): Promise<TensorFlowDevice> {
  const { port1, port2 } = new MessageChannel();
  const options = { workerData: { build, port: port2 }, transferList: [port2] };
  const worker = startThread(new URL('./worker', import.meta.url), options);
  const answer = await new Promise<Answer>((resolve, reject) => {
    port1.once('message', resolve);
    worker.once('error', reject);
  });
  worker.removeAllListeners('error');
  if (answer.kind === 'ready') return new TensorFlowDevice(build, worker, port1, answer);
  await worker.terminate();
  if (answer.kind === 'notReady') throw errorOf(answer.failure);
  throw new Error(`TensorFlow's thread began with ${answer.kind}`);
}
