/** Lets one process at a time feed a topic: two would each publish what the other is about to. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { type ProcessLock, takeLock } from '../../training/run/process-lock.ts';
import { FeedError } from './feed-error.ts';

/**
 * @param state folder of the ledger
 * @param more files that have to be free as well
 * @throws FeedError FEED_RUNNING, FEED_STATE
 */
export function lockFeed(state: string, more: readonly string[], topic: string): ProcessLock {
  const taken: ProcessLock[] = [];
  const release = () => {
    for (const lock of taken.splice(0)) lock.release();
  };
  try {
    for (const file of [path.join(state, 'feed.lock'), ...more]) taken.push(lockFile(file, topic));
    return { release };
  } catch (error) {
    release();
    throw error;
  }
}

function lockFile(file: string, topic: string): ProcessLock {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    return takeLock(file, ({ who, isElsewhere }) => {
      const hint = isElsewhere ? ` If that machine no longer runs it, delete ${file}.` : '';
      const message = `${who} is feeding topic ${topic} (${file}). Wait for it: two feeds at once would publish images twice.${hint}`;
      return new FeedError('FEED_RUNNING', message);
    });
  } catch (cause) {
    if (cause instanceof FeedError) throw cause;
    const message = `${file} cannot be written: ${messageOf(cause)}. Give another folder with --state.`;
    throw new FeedError('FEED_STATE', message, { cause });
  }
}
