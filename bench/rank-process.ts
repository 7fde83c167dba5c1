/** The side of one rank in `runRanks`. */
import { Communicator, type CommunicatorOptions } from '../kernels/communicator.ts';
import type { FromRank, RankOptions, ToRank } from './rank-processes.ts';

export interface Rank<Arguments> extends RankOptions<Arguments> {
  /** A communicator that is connected to the other ranks. */
  connect(regionBytes: number, options?: Pick<CommunicatorOptions, 'transport'>): Promise<Communicator>;
  /** Hands this rank's address to all, and brings those of all in their order. */
  meet(address: Uint8Array): Promise<readonly Uint8Array[]>;
}

export function rankMain<Arguments, Result>(body: (rank: Rank<Arguments>) => Promise<Result>): void {
  const send = (message: FromRank<Result>) => process.send!(message);
  let arrived: ((addresses: Uint8Array[]) => void) | undefined;
  process.on('message', (message: ToRank<Arguments>) => {
    if (message.kind === 'addresses') return arrived!(message.addresses);
    const { rank, size, args } = message;
    const meet = (address: Uint8Array) => {
      const addresses = new Promise<Uint8Array[]>((resolve) => (arrived = resolve));
      send({ kind: 'address', rank, address });
      return addresses;
    };
    const connect: Rank<Arguments>['connect'] = async (regionBytes, options) => {
      const communicator = Communicator.open({ transport: 'shared-memory', ...options, rank, size, regionBytes });
      await communicator.connect(await meet(communicator.address));
      return communicator;
    };
    body({ rank, size, args, connect, meet }).then(
      (result) => send({ kind: 'result', rank, result }),
      (error: Error) => send({ kind: 'failure', rank, message: error.stack ?? error.message }),
    );
  });
}
