/**
 * Profiles one rank of several on this host: this process is rank 0, and others accompany it, step by step.
 *
 *     this process  | compile | meet ── steps, timed ── | the machine's peaks |
 *     rank 1 ...    | compile | meet ── steps        ── |
 */
import { AuspexError } from '../../errors.ts';
import type { ResolvedConfig } from '../../training/config.ts';
import { type ProfiledSteps, profileSteps } from '../../training/profile/profile.ts';
import { openRankStep } from '../../training/profile/step-runner.ts';
import { ChildProcess } from './child-process.ts';
import type { FromProcess } from './messages.ts';

/**
 * @param config with a number of threads for each rank, as `sharedAmongRanks` gives it
 * @param worldSize ranks, at least 2
 * @throws AuspexError PROCESS_FAILED where another rank ends before the ranks have met; what `profileSteps` throws
 */
export async function profileRanks(
  config: ResolvedConfig,
  numSteps: number,
  worldSize: number,
): Promise<ProfiledSteps> {
  const self = { rank: 0, worldSize };
  const companions: ChildProcess[] = [];
  try {
    return await profileSteps(config, numSteps, self, () => {
      const others = new Promise<readonly Uint8Array[]>((resolve, reject) => {
        const addresses = new Map<number, Uint8Array>();
        for (let rank = 1; rank < worldSize; rank++) {
          const companion = new ChildProcess(`rank ${rank}`, (message: FromProcess) => {
            if (message.kind === 'failed') reject(new AuspexError(message.code, message.message));
            if (message.kind !== 'address') return;
            addresses.set(message.rank, message.address);
            if (addresses.size === worldSize - 1) resolve([...addresses].sort(byRank).map(([, address]) => address));
          });
          companions.push(companion);
          companion.exited.then((how) => {
            reject(new AuspexError('PROCESS_FAILED', `rank ${rank} ended (${how}) before the ranks had met.`));
          });
          companion.send({ kind: 'accompany', config, numSteps, rank, worldSize });
        }
      });
      // Heard of where the ranks meet; this rank's own step may fail to open before that.
      others.catch(() => undefined);
      return openRankStep(config, self, async (address) => {
        const addresses = [address, ...(await others)];
        for (const companion of companions) companion.send({ kind: 'addresses', addresses });
        return addresses;
      });
    });
  } finally {
    for (const companion of companions) companion.kill();
  }
}

function byRank([one]: [number, Uint8Array], [other]: [number, Uint8Array]): number {
  return one - other;
}
