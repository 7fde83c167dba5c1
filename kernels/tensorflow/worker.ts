/** The thread that owns TensorFlow's binding and all programs on it: one message after the other. */
import { workerData } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { loadBinding } from './binding.ts';
import { Operations } from './collectives.ts';
import { TensorFlowError } from './errors.ts';
import { LoadedProgram } from './loaded-program.ts';
import type { Answer, Failure, Request, Start } from './messages.ts';
import { Tensors } from './tensors.ts';

const { build, port } = workerData as Start;

function answer(message: Answer, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function failureOf(error: unknown): Failure {
  const code = error instanceof TensorFlowError ? error.code : 'TENSORFLOW_FAILED';
  return { code, message: messageOf(error) };
}

function serve(): void {
  const binding = loadBinding(build);
  const isGpu = binding.isUsingGpuDevice();
  const tensors = new Tensors(binding);
  const programs = new Map<number, LoadedProgram>();

  const perform = (request: Request): void => {
    switch (request.kind) {
      case 'load': {
        const { contents, ranks } = request;
        const collectives = ranks && new Operations(ranks);
        programs.set(request.program, new LoadedProgram(contents, tensors, isGpu, collectives));
        return;
      }
      case 'run': {
        const { id, first, end, timed, writes } = request;
        const program = programs.get(request.program)!;
        const cancelled = new Int32Array(request.cancelled);
        for (const { value, bytes } of writes) program.write(value, bytes);
        const before = program.collectives?.awaiting ?? 0;
        const times = program.run({ first, end, timed, isCancelled: () => Atomics.load(cancelled, 0) !== 0 });
        const awaiting = (program.collectives?.awaiting ?? 0) - before;
        answer({ kind: 'ran', id, times, awaiting }, [times.buffer]);
        return;
      }
      case 'read': {
        const bytes = programs.get(request.program)!.read(request.value);
        answer({ kind: 'bytes', id: request.id, bytes }, [bytes.buffer]);
        return;
      }
      case 'free':
        programs.get(request.program)?.free();
        programs.delete(request.program);
    }
  };

  port.on('message', (request: Request) => {
    try {
      perform(request);
    } catch (error) {
      if (!('id' in request)) throw error;
      answer({ kind: 'failed', id: request.id, failure: failureOf(error) });
    }
    if (request.kind === 'read') {
      const answered = new Int32Array(request.answered);
      Atomics.store(answered, 0, 1);
      Atomics.notify(answered, 0);
    }
  });
  answer({ kind: 'ready', version: binding.TF_Version, isGpu });
}

try {
  serve();
} catch (error) {
  answer({ kind: 'notReady', failure: failureOf(error) });
}
