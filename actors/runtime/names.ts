/** Names of actors and nodes: they stand in paths, addresses and logs. */
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
