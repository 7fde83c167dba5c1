/** Hosts in small: network namespaces on one bridge, each with an address and a cable of its own. Needs root and iproute2. */
import { spawnSync } from 'node:child_process';

/** Of the block that is reserved for measuring networks (RFC 2544). */
const NETWORK = '198.18.78';

export class Namespaces {
  readonly #prefix = `chaos${process.pid}`;
  readonly #size: number;

  /** Host 0 holds the bridge. @throws what the system refused */
  constructor(size: number) {
    this.#size = size;
    try {
      this.#make();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  address(host: number): string {
    return `${NETWORK}.${host + 1}`;
  }

  /** What is put before a command, to run it on that host, which has a name of its own as well. */
  on(host: number): string[] {
    const setName = `hostname ${this.#name(host)} && exec "$@"`;
    return ['ip', 'netns', 'exec', this.#name(host), 'unshare', '--uts', 'sh', '-c', setName, 'sh'];
  }

  cut(host: number): void {
    ip('-n', this.#name(0), 'link', 'set', `port${host}`, 'down');
  }

  mend(host: number): void {
    ip('-n', this.#name(0), 'link', 'set', `port${host}`, 'up');
  }

  remove(): void {
    for (let host = 0; host < this.#size; host++) spawnSync('ip', ['netns', 'delete', this.#name(host)]);
  }

  /** Those of this object that are there. */
  static left(): string[] {
    const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
    return (stdout ?? '').split('\n').filter((line) => line.startsWith(`chaos${process.pid}`));
  }

  #name(host: number): string {
    return `${this.#prefix}h${host}`;
  }

  #make(): void {
    const hub = this.#name(0);
    ip('netns', 'add', hub);
    ip('-n', hub, 'link', 'set', 'lo', 'up');
    ip('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge');
    ip('-n', hub, 'address', 'add', `${this.address(0)}/24`, 'dev', 'bridge');
    ip('-n', hub, 'link', 'set', 'bridge', 'up');
    for (let host = 1; host < this.#size; host++) {
      const name = this.#name(host);
      ip('netns', 'add', name);
      ip('link', 'add', `port${host}`, 'netns', hub, 'type', 'veth', 'peer', 'name', 'cable', 'netns', name);
      ip('-n', hub, 'link', 'set', `port${host}`, 'master', 'bridge', 'up');
      ip('-n', name, 'address', 'add', `${this.address(host)}/24`, 'dev', 'cable');
      for (const device of ['cable', 'lo']) ip('-n', name, 'link', 'set', device, 'up');
    }
  }
}

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** Why this user cannot make namespaces, if so. */
export function whyNoNamespaces(): string | undefined {
  try {
    const probe = new Namespaces(2);
    const { status, stderr } = spawnSync('sh', ['-c', '"$@"', 'sh', ...probe.on(1), 'true'], { encoding: 'utf8' });
    probe.remove();
    return status === 0 ? undefined : `a command cannot run in a namespace: ${stderr.trim()}`;
  } catch (error) {
    return (error as Error).message;
  }
}
