/** N ranks as processes, for tests: the parent passes their addresses on and collects their results. */
import { type ChildProcess, fork } from 'node:child_process';

export interface RankOptions<Arguments> {
  readonly rank: number;
  readonly size: number;
  readonly args: Arguments;
}

export type ToRank<Arguments> =
  | ({ readonly kind: 'start' } & RankOptions<Arguments>)
  | { readonly kind: 'addresses'; readonly addresses: Uint8Array[] };
export type FromRank<Result> =
  | { readonly kind: 'address'; readonly rank: number; readonly address: Uint8Array }
  | { readonly kind: 'result'; readonly rank: number; readonly result: Result }
  | { readonly kind: 'failure'; readonly rank: number; readonly message: string };

/**
 * Runs a script that calls `rankMain` once for each rank, and returns their results in rank order.
 * @param environment besides that of this process
 */
export async function runRanks<Arguments, Result>(
  script: string,
  size: number,
  args: Arguments,
  environment: Readonly<Record<string, string>> = {},
): Promise<Result[]> {
  const children = Array.from({ length: size }, () =>
    fork(script, {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
      env: { ...process.env, ...environment, NODE_V8_COVERAGE: '' },
    }),
  );
  try {
    return await results<Arguments, Result>(children, args);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

function results<Arguments, Result>(children: readonly ChildProcess[], args: Arguments): Promise<Result[]> {
  const size = children.length;
  const addresses = new Map<number, Uint8Array>();
  const found = new Map<number, Result>();
  const inOrder = <T>(map: ReadonlyMap<number, T>) => children.map((_, rank) => map.get(rank)!);
  return new Promise((resolve, reject) => {
    for (const [rank, child] of children.entries()) {
      child.on('message', (message: FromRank<Result>) => {
        if (message.kind === 'failure') reject(new Error(`rank ${rank}: ${message.message}`));
        if (message.kind === 'address') addresses.set(rank, message.address);
        if (message.kind === 'result') found.set(rank, message.result);
        if (message.kind === 'address' && addresses.size === size) {
          for (const other of children) other.send({ kind: 'addresses', addresses: inOrder(addresses) });
          addresses.clear();
        }
        if (found.size === size) resolve(inOrder(found));
      });
      child.on('exit', (code, signal) => {
        if (!found.has(rank)) reject(new Error(`rank ${rank} ended with ${signal ?? code}`));
      });
      child.send({ kind: 'start', rank, size, args } satisfies ToRank<Arguments>);
    }
  });
}
