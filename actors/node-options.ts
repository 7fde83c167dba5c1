/** What coordinator and worker processes have in common. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { ResolvedConfig } from '../training/config/config.ts';
import type { ActorSystem, Heartbeat } from './runtime/index.ts';

export function heartbeatOf({ ranks }: Pick<ResolvedConfig, 'ranks'>): Heartbeat {
  const timeoutMs = ranks.heartbeatTimeout * 1000;
  return { intervalMs: Math.min(1000, timeoutMs / 4), timeoutMs };
}

/** The same for all processes of a host, and for no other host: its name and its boot. */
export function hostId(): string {
  try {
    return `${os.hostname()} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    return os.hostname(); // no /proc: the name has to do
  }
}

/** What operators should hear of: the system's own warnings, refusals and failures. */
export function onWarning(system: ActorSystem, warn: (message: string) => void): void {
  system.subscribe((event) => {
    switch (event.kind) {
      case 'warning':
        return warn(event.message);
      case 'nodeRefused':
        return warn(`${event.node} was refused: ${event.error.message}`);
      case 'nodeDisconnected':
        return warn(`The connection to ${event.node} broke: ${event.reason}`);
      case 'actorRestarted':
      case 'actorFailed':
        return warn(`${event.actor} failed: ${event.error.message}`);
      default:
    }
  });
}
