/** A node with nothing but a stagehand; its options are its argument. Prints events, one JSON line each. */
import { ActorSystem, type DialOptions, dial } from '../../../actors/runtime/index.ts';
import { stagehand } from './cast.ts';

const { name, ...options } = JSON.parse(process.argv[2]!) as DialOptions & { name: string };
const system = new ActorSystem({ name });
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

system.subscribe((event) => {
  const error = 'error' in event ? (event.error as Error & { code?: string }) : undefined;
  print({ kind: event.kind, code: error?.code, message: error?.message });
});
system.spawn('stagehand', stagehand);
// The parent's end of the pipe closes with the parent: no test leaves a process behind.
process.stdin.on('end', () => process.exit(0)).resume();
dial(system, options).catch((error) => {
  print({ kind: 'dialFailed', code: error.code, message: error.message });
  process.exit(3);
});
