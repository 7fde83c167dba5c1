/** The ranks of a test, each a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { OpenOptions, Operation } from './operations.ts';
import type { Answer, Command } from './rank.ts';

/** What a rank says when a command failed. */
export class RankError extends Error {
  readonly code: string | undefined;
  readonly rank: number | undefined;
  constructor(error: NonNullable<Answer['error']>) {
    super(error.message);
    this.code = error.code;
    this.rank = error.rank;
  }
}

/** Where a rank runs. */
export interface Place {
  /** A command that runs another one there. */
  readonly prefix: readonly string[];
  /** By which the other ranks reach it. */
  readonly host: string;
  /** What its environment has besides that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

const HERE: Place = { prefix: [], host: '127.0.0.1' };

/** This machine, with something in the environment. */
export function here(environment: Readonly<Record<string, string>>): Place[] {
  return [{ ...HERE, environment }];
}

export class Rank {
  readonly place: Place;
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #nextId = 0;

  constructor(place: Place) {
    this.place = place;
    const [command, ...rest] = [...place.prefix, process.execPath];
    this.process = spawn(command!, [...rest, '--import', 'tsx', path.join(import.meta.dirname, 'rank.ts')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, ...place.environment },
    });
    this.process.on('message', ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new RankError(error));
      else waiting?.resolve(value);
    });
    this.ended = new Promise((resolve) => {
      this.process.on('exit', (code, signal) => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`the rank ended (${code ?? signal})`));
        resolve();
      });
    });
  }

  send(command: Command): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.process.send({ id, command });
    });
  }
}

export class Ranks {
  readonly all: Rank[];

  /** So many ranks, which take turns at the places. */
  constructor(count: number, places: readonly Place[] = [HERE]) {
    this.all = Array.from({ length: count }, (_, rank) => new Rank(places[rank % places.length]!));
  }

  /** Opens a communicator on the first `size` ranks and connects it. */
  async connect(options: Omit<OpenOptions, 'rank' | 'size'>, size = this.all.length): Promise<Rank[]> {
    const ranks = this.all.slice(0, size);
    const opened = ranks.map((rank, index) =>
      rank.send({ kind: 'open', options: { ...options, host: rank.place.host, rank: index, size } }),
    );
    const addresses = (await Promise.all(opened)) as Uint8Array[];
    await Promise.all(ranks.map((rank) => rank.send({ kind: 'connect', addresses })));
    return ranks;
  }

  /** Replaces a rank that was killed. */
  replace(index: number): void {
    this.all[index] = new Rank(this.all[index]!.place);
  }

  async end(): Promise<void> {
    for (const { process: child } of this.all) child.kill('SIGKILL');
    await Promise.all(this.all.map(({ ended }) => ended));
  }
}

export async function performAll(ranks: readonly Rank[], operations: readonly Operation[]): Promise<void> {
  await Promise.all(ranks.map((rank) => rank.send({ kind: 'perform', operations })));
}

/** The errors with which commands end; one that succeeds is an error itself. */
export async function failures(commands: readonly Promise<unknown>[]): Promise<RankError[]> {
  const results = await Promise.allSettled(commands);
  return results.map((result) => {
    if (result.status === 'rejected' && result.reason instanceof RankError) return result.reason;
    throw result.status === 'rejected' ? result.reason : new Error('a command succeeded that should have failed');
  });
}
