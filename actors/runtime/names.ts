/** Names of actors, nodes and messages: they stand in paths, addresses and logs. */
import { ActorError } from './errors.ts';

const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** @throws ActorError BAD_ACTOR_OPTION */
export function requireName(what: 'an actor' | 'a node', name: string): void {
  if (NAME.test(name)) return;
  throw new ActorError(
    'BAD_ACTOR_OPTION',
    // Quoted as JSON: it may come from another process, and go into a log.
    `${JSON.stringify(name.slice(0, 100))} is no name for ${what}: use 1 to 100 letters, digits, '.', '_' and '-'.`,
  );
}

/** A message's `kind`, or nothing. */
export function kindOf(message: unknown): string {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return '';
  return typeof message.kind === 'string' ? message.kind : '';
}
