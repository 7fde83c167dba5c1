/**
 * Profiles one rank of several on this host: this process is rank 0, and others accompany it, step by step.
 *
 *     this process  | compile | meet ── steps, timed ── | the machine's peaks |
 *     rank 1 ...    | compile | meet ── steps        ── |
 */
import { AuspexError } from '../../errors.ts';
import type { ResolvedConfig } from '../../training/config/config.ts';
import { environmentOfRank } from '../../training/device.ts';
import { type ProfiledSteps, profileSteps } from '../../training/profile/profile.ts';
import { openRankStep } from '../../training/profile/step-runner.ts';
import { ChildProcess } from './child-process.ts';
import type { FromProcess, ToProcess } from './messages.ts';

/**
 * @param config with a number of threads and a precision for all ranks, as `sharedAmongRanks` and `settlePrecision` give it
 * @param worldSize ranks, at least 2
 * @throws AuspexError PROCESS_FAILED where another rank ends before the ranks have met; what `profileSteps` throws
 */
export async function profileRanks(
  config: ResolvedConfig,
  numSteps: number,
  worldSize: number,
): Promise<ProfiledSteps> {
  const self = { rank: 0, worldSize };
  // Before this process takes its own GPU, and sees no other from then on.
  const environments = Array.from({ length: worldSize }, (_, rank) => environmentOfRank(config, rank));
  let companions: Companions | undefined;
  try {
    return await profileSteps(config, numSteps, self, () => {
      const others = new Companions(config, numSteps, environments);
      companions = others;
      return openRankStep(config, self, (address) => others.meet(address));
    });
  } finally {
    companions?.end();
  }
}

/** The other ranks. */
class Companions {
  readonly #processes: ChildProcess[] = [];
  /** Of ranks 1, 2, ... */
  readonly #addresses: Promise<readonly Uint8Array[]>;

  /** @param environments of all ranks */
  constructor(config: ResolvedConfig, numSteps: number, environments: readonly Record<string, string>[]) {
    const { length: worldSize } = environments;
    const ranks = Array.from({ length: worldSize - 1 }, (_, i) => i + 1);
    this.#addresses = Promise.all(
      ranks.map((rank) => this.#start({ kind: 'accompany', config, numSteps, rank, worldSize }, environments[rank]!)),
    );
    // Heard of where the ranks meet; the first rank may fail to open its own step before that.
    this.#addresses.catch(() => undefined);
  }

  /** Hands the first rank's address to the others. @returns those of all */
  async meet(address: Uint8Array): Promise<readonly Uint8Array[]> {
    const addresses = [address, ...(await this.#addresses)];
    for (const child of this.#processes) child.send({ kind: 'addresses', addresses });
    return addresses;
  }

  end(): void {
    for (const child of this.#processes) child.kill();
  }

  /** Resolves with the rank's address. */
  #start(message: Extract<ToProcess, { kind: 'accompany' }>, environment: Record<string, string>): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const name = `rank ${message.rank}`;
      const onMessage = (answer: FromProcess) => {
        if (answer.kind === 'address') resolve(answer.address);
        if (answer.kind === 'failed') reject(new AuspexError(answer.code, answer.message));
      };
      const child = new ChildProcess(name, onMessage, environment);
      this.#processes.push(child);
      child.exited.then((how) => {
        reject(new AuspexError('PROCESS_FAILED', `${name} ended (${how}) before the ranks had met.`));
      });
      child.send(message);
    });
  }
}
