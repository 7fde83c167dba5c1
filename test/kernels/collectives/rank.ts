/** A rank of the tests: a process that does what it is told, one command after another. */
import { Communicator } from '../../../kernels/communicator.ts';
import { CollectiveError } from '../../../kernels/errors.ts';
import { communicatorOptions, type OpenOptions, type Operation, perform } from './operations.ts';

export type Command =
  | { readonly kind: 'open'; readonly options: OpenOptions }
  | { readonly kind: 'connect'; readonly addresses: readonly Uint8Array[] }
  /** All of them: within a channel one after another, the two channels at once. */
  | { readonly kind: 'perform'; readonly operations: readonly Operation[] }
  /** All-reduces without end. */
  | { readonly kind: 'repeat' }
  | { readonly kind: 'reduce without others'; readonly elements: number }
  | { readonly kind: 'abort'; readonly reason: string }
  | { readonly kind: 'calls' }
  | { readonly kind: 'close' };

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code: string | undefined; readonly message: string; readonly rank: number | undefined };
}

let communicator: Communicator | undefined;

function opened(): Communicator {
  if (!communicator) throw new Error('no communicator was opened');
  return communicator;
}

async function run(command: Command): Promise<unknown> {
  switch (command.kind) {
    case 'open':
      communicator?.close();
      communicator = Communicator.open(communicatorOptions(command.options));
      return communicator.address;
    case 'connect':
      return opened().connect(command.addresses);
    case 'perform': {
      const channels = ['compute', 'communication'] as const;
      const runs = channels.map(async (channel) => {
        for (const operation of command.operations) {
          if (operation.channel === channel) await perform(opened(), operation);
        }
      });
      await Promise.all(runs);
      return undefined;
    }
    case 'repeat':
      for (;;) await opened().allReduce(new Float64Array(512));
    case 'reduce without others':
      return opened().allReduce(new Float32Array(command.elements));
    case 'abort':
      return opened().abort(command.reason);
    case 'calls':
      return opened().statistics().communication.calls;
    case 'close':
      return opened().close();
  }
}

function answer(message: Answer): void {
  process.send?.(message);
}

process.on('message', ({ id, command }: { id: number; command: Command }) => {
  run(command).then(
    (value) => answer({ id, value }),
    (error: unknown) => {
      const { message } = error as Error;
      const known = error instanceof CollectiveError ? error : undefined;
      answer({ id, error: { code: known?.code, message, rank: known?.rank } });
    },
  );
});
process.on('disconnect', () => process.exit());
