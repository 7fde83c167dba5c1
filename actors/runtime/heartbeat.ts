/** Beats at an interval, and notices when nothing was heard for too long. */
import { ActorError } from './errors.ts';

/** Beats come from the event loop: code that blocks it for longer than the timeout makes its own node look lost. */
export interface Heartbeat {
  /** Milliseconds. @minimum 1 */
  readonly intervalMs: number;
  /** A node that was silent for so long is lost. @minimum twice the interval */
  readonly timeoutMs: number;
}

export class Pulse {
  readonly #timer: NodeJS.Timeout;
  readonly #heartbeat: Heartbeat;
  #lastBeat = performance.now();
  #lastHeard = performance.now();

  constructor(heartbeat: Heartbeat, onBeat: () => void, onSilence: () => void) {
    this.#heartbeat = heartbeat;
    this.#timer = setInterval(() => {
      this.#forgiveOwnSleep();
      if (performance.now() - this.#lastHeard > heartbeat.timeoutMs) onSilence();
      else onBeat();
    }, heartbeat.intervalMs);
  }

  heard(): void {
    this.#lastHeard = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** While this process itself was stopped or busy it could not hear anything: that time does not count against the other. */
  #forgiveOwnSleep(): void {
    const now = performance.now();
    const slept = now - this.#lastBeat - this.#heartbeat.intervalMs;
    if (slept > this.#heartbeat.intervalMs) this.#lastHeard += Math.min(slept, now - this.#lastHeard);
    this.#lastBeat = now;
  }
}

/** @throws ActorError BAD_ACTOR_OPTION */
export function checkedHeartbeat(heartbeat: Heartbeat = { intervalMs: 1000, timeoutMs: 10_000 }): Heartbeat {
  const { intervalMs, timeoutMs } = heartbeat;
  if (intervalMs >= 1 && timeoutMs >= 2 * intervalMs) return heartbeat;
  throw new ActorError(
    'BAD_ACTOR_OPTION',
    `A heartbeat needs an interval of at least 1 ms and a timeout of at least twice that, not ${intervalMs} and ${timeoutMs} ms.`,
  );
}
