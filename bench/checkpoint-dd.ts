/** What the disk can do: `dd` of one file. Arguments: save or load, source, folder. Prints {"seconds"}. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runChild } from './child.ts';

const [what, source, folder] = process.argv.slice(2) as ['save' | 'load', string, string];
const file = path.join(folder, 'file');
await mkdir(folder, { recursive: true });
const args = what === 'save' ? [`if=${source}`, `of=${file}`, 'conv=fsync'] : [`if=${file}`, 'of=/dev/null'];
const begin = performance.now();
await runChild({ what: 'dd', command: 'dd', args: [...args, 'bs=4M'], timeoutSeconds: 900 });
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - begin) / 1000 })}\n`);
