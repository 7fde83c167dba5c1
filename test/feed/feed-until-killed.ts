/**
 * Runs `auspex feed` and kills it with SIGKILL when it has published some images, again and again, until it ends by itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from '../services/cli/built.ts';

export interface KilledFeeds {
  readonly kills: number;
  /** The result of the feed that ended by itself. */
  readonly result: { readonly published: number; readonly duplicates: number; readonly scanned: number };
}

/**
 * @param delays milliseconds after the start of each feed at which it is killed
 * @param countMessages how many the topic has, to tell when a feed has begun to publish
 */
export async function feedUntilKilled(
  args: readonly string[],
  delays: readonly number[],
  countMessages: () => Promise<number>,
): Promise<KilledFeeds> {
  let kills = 0;
  for (const delay of delays) {
    const before = await countMessages();
    const child = start(args);
    const ended = once(child, 'exit');
    // Not before it publishes: then the kill would show nothing.
    while (child.exitCode === null && (await countMessages()) === before) await sleep(5);
    await sleep(delay);
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      kills++;
    }
    await ended;
  }
  const child = start(args);
  let last = '';
  createInterface({ input: child.stdout! }).on('line', (line) => {
    last = line;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the feed ended with ${code}`);
  return { kills, result: JSON.parse(last) };
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [command, 'feed', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
