/** Options of both sides, validated and completed. */
import { ActorError } from './errors.ts';
import { checkedHeartbeat } from './heartbeat.ts';
import type { LinkSettings } from './link.ts';
import type { LinkOptions, Security } from './node.ts';

export interface CheckedOptions extends LinkSettings {
  readonly softwareVersion: string;
  readonly security: Security;
}

const DEFAULT_MAXIMUM_BYTES = 2 ** 30;

/** @throws ActorError BAD_ACTOR_OPTION */
export function checkedOptions(options: LinkOptions): CheckedOptions {
  const { softwareVersion, security = { kind: 'none' }, maximumMessageBytes = DEFAULT_MAXIMUM_BYTES } = options;
  if (!Number.isSafeInteger(maximumMessageBytes) || maximumMessageBytes < 1) {
    throw new ActorError('BAD_ACTOR_OPTION', `maximumMessageBytes is a positive integer, not ${maximumMessageBytes}.`);
  }
  return { softwareVersion, security, maximumMessageBytes, heartbeat: checkedHeartbeat(options.heartbeat) };
}
