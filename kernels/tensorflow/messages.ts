/** What the executor's thread is asked, and answers. */
import type { MessagePort } from 'node:worker_threads';
import type { Program } from '../../program/program.ts';
import type { ValueId } from '../../program/values.ts';
import type { Build } from './place.ts';

/** What the thread is started with. */
export interface Start {
  readonly build: Build;
  /** For everything that follows. */
  readonly port: MessagePort;
}

export type Request =
  | {
      readonly kind: 'load';
      readonly program: number;
      readonly contents: Program;
      /** For a program of one rank of several. */
      readonly ranks?: RanksOf;
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly program: number;
      readonly first: number;
      readonly end: number;
      readonly timed: boolean;
      readonly writes: readonly Write[];
      /** One i32: not 0 once the run is to end. */
      readonly cancelled: SharedArrayBuffer;
    }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly program: number;
      readonly value: ValueId;
      /** One i32: becomes 1 when the answer has been sent, for whoever waits without a loop of events. */
      readonly answered: SharedArrayBuffer;
    }
  | { readonly kind: 'free'; readonly program: number };

/** Who passes requests on to the thread, and its answers back. */
export interface Thread {
  /** Without an answer. */
  tell(request: Extract<Request, { kind: 'load' | 'free' }>): void;
  run(request: Omit<Extract<Request, { kind: 'run' }>, 'id' | 'kind'>): Promise<Extract<Answer, { kind: 'ran' }>>;
  /** Waits on the spot: what a program holds is read in the middle of other code. */
  read(program: number, value: ValueId): Uint8Array;
}

/** A rank's place, and the number by which operations know its communicator. */
export interface RanksOf {
  readonly communicator: number;
  readonly rank: number;
  readonly size: number;
}

/** The whole bytes of a value, handed over. */
export interface Write {
  readonly value: ValueId;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export type Answer =
  | { readonly kind: 'ready'; readonly version: string; readonly isGpu: boolean }
  | { readonly kind: 'notReady'; readonly failure: Failure }
  | {
      readonly kind: 'ran';
      readonly id: number;
      readonly times: Float64Array<ArrayBuffer>;
      /** Seconds that the thread has waited for exchanges with other ranks. */
      readonly awaiting: number;
    }
  | { readonly kind: 'bytes'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };
