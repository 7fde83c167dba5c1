/** What an AbortSignal holds on to: whoever outlives its users must be let go of by them. */
import { getEventListeners } from 'node:events';

/** Listeners, and signals that AbortSignal.any has made of it: those stay in a set of Node's own until the signal itself is gone. */
export function heldBy(signal: AbortSignal): number {
  const key = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals');
  const dependants = key && (signal as unknown as Record<symbol, ReadonlySet<unknown> | undefined>)[key];
  return getEventListeners(signal, 'abort').length + (dependants?.size ?? 0);
}
