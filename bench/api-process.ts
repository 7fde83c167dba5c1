/** A server of the API in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../kernels/addon.ts';
import { BenchError } from './errors.ts';

export interface ApiProcess {
  readonly address: string;
  /** Of the dashboard. */
  readonly dashboard: string;
  readonly pid: number;
  /** That all its threads have computed so far. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

/** @throws BenchError CHILD_FAILED */
export async function startApiProcess(folder: string, root: string): Promise<ApiProcess> {
  const places = ['--bus-folder', 'bus', '--out-root', 'results', '--state', 'state'];
  const options = places.map((one) => (one.startsWith('--') ? one : path.join(folder, one)));
  const main = path.join(packageRoot, 'services', 'cli', 'main.ts');
  const args = [
    '--import',
    'tsx',
    main,
    'serve',
    ...options,
    '--root',
    root,
    '--api',
    '127.0.0.1:0',
    '--http',
    '127.0.0.1:0',
    '--rate-limit',
    '100000',
    '--json',
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const addresses: Record<string, string> = {};
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new BenchError('CHILD_FAILED', 'the server ended before it was ready')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'listening') addresses[event.what] = event.address;
      if (event.event === 'ready') resolve();
    });
  });
  return {
    address: addresses['api']!,
    dashboard: addresses['dashboard']!,
    pid: child.pid!,
    cpuSeconds() {
      // After the name, which may hold spaces: the 12th and the 13th field count hundredths of a second.
      const [, fields] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(/\) (?!.*\) )/) as [string, string];
      const [user, system] = fields.split(' ').slice(11, 13).map(Number) as [number, number];
      return (user + system) / 100;
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
