/** A container engine of the tests' own: it starts with no image, and what others run on this machine stays as it is. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Images and the layers that they were built from, some gigabytes, for the next time. */
const IMAGES = path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'auspex', 'test-containers');

/** Why no engine can be started here, or undefined. */
export function whyNoEngine(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may start a container engine';
  for (const command of ['dockerd', 'docker', 'iptables', 'debootstrap']) {
    if (spawnSync('which', [command]).status !== 0) return `there is no ${command}`;
  }
  return composeCommand() ? undefined : 'there is no docker compose';
}

function composeCommand(): readonly string[] | undefined {
  const commands = [['docker', 'compose'], ['docker-compose']];
  return commands.find(([command, ...args]) => spawnSync(command!, [...args, 'version']).status === 0);
}

export class Engine {
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #compose = composeCommand()!;

  private constructor(folder: string, process: ChildProcess) {
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<Engine> {
    const folder = mkdtempSync(path.join(tmpdir(), 'auspex-engine-'));
    mkdirSync(IMAGES, { recursive: true });
    const log = openSync(path.join(folder, 'log'), 'a');
    const places = [
      '--data-root',
      IMAGES,
      '--exec-root',
      path.join(folder, 'exec'),
      '--pidfile',
      path.join(folder, 'pid'),
    ];
    const args = [...places, '--host', `unix://${folder}/socket`, '--bridge', 'none'];
    const engine = new Engine(folder, spawn('dockerd', args, { stdio: ['ignore', log, log] }));
    for (let i = 0; !(await engine.#answers()); i++) {
      if (engine.#process.exitCode === null && i < 300) await sleep(100);
      else {
        const said = readFileSync(path.join(folder, 'log'), 'utf8').slice(-2000);
        await engine.stop();
        throw new Error(`dockerd did not start:\n${said}`);
      }
    }
    return engine;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exited;
    }
    // The engine leaves the network namespace of its host mounted here.
    spawnSync('umount', [path.join(this.#folder, 'exec', 'netns', 'default')], { stdio: 'ignore' });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @returns standard output @throws with what it said */
  docker(...args: string[]): Promise<string> {
    return this.#run('docker', args, {});
  }

  /** @param project the folder of docker-compose.yml */
  compose(project: string, environment: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
    const [command, ...first] = this.#compose;
    const file = ['--file', path.join(project, 'docker-compose.yml'), '--project-directory', project];
    return this.#run(command!, [...first, ...file, ...args], environment);
  }

  async hasImage(name: string): Promise<boolean> {
    return (await this.docker('images', '--quiet', name)).trim() !== '';
  }

  get environment(): Readonly<Record<string, string>> {
    return { DOCKER_HOST: `unix://${this.#folder}/socket`, DOCKER_BUILDKIT: '0' };
  }

  async #answers(): Promise<boolean> {
    return this.docker('info').then(
      () => true,
      () => false,
    );
  }

  async #run(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
    const env = { ...process.env, ...this.environment, ...environment };
    const { stdout } = await promisify(execFile)(command, [...args], { env, maxBuffer: 1 << 26 });
    return stdout;
  }
}
