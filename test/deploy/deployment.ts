/** docker-compose.yml brought up from a copy of deploy/, with secrets, photos and ports of its own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../kernels/addon.ts';
import { freePorts } from '../kafka/cluster.ts';
import { auspex } from '../services/cli/run.ts';
import { TINY, writePhotos } from '../training/tiny-training.ts';
import type { Engine } from './engine.ts';

const PORTS = ['KAFKA', 'API', 'HTTP', 'S3'] as const;
type Ports = Readonly<Record<(typeof PORTS)[number], number>>;

export class Deployment {
  /** A token that may submit. */
  readonly token: string;
  readonly #engine: Engine;
  readonly #folder: string;
  readonly #ports: Ports;

  private constructor(engine: Engine, folder: string, ports: Ports, token: string) {
    this.#engine = engine;
    this.#folder = folder;
    this.#ports = ports;
    this.token = token;
  }

  /** Builds the images; nothing runs yet. */
  static async prepare(engine: Engine): Promise<Deployment> {
    const folder = mkdtempSync(path.join(tmpdir(), 'auspex-deploy-'));
    const project = path.join(folder, 'deploy');
    cpSync(path.join(packageRoot, 'deploy'), project, {
      recursive: true,
      filter: (file) => path.basename(file) !== 'secrets',
    });
    execFileSync('sh', [path.join(project, 'make-secrets.sh')]);
    const clients = path.join(project, 'secrets', 'clients.yaml');
    const { token } = auspex(['token', '--clients', clients, '--name', 'test', '--role', 'submit', '--json']).json<{
      token: string;
    }>();
    const data = path.join(folder, 'data');
    mkdirSync(data);
    await writePhotos(path.join(data, 'photos'), 20, ['cats', 'dogs']);
    writeFileSync(path.join(data, 'tiny.json'), JSON.stringify(TINY));
    chmodSync(data, 0o755);
    const version = ['-f', path.join(packageRoot, 'deploy/Dockerfile'), '-t', 'auspex:0.1.0', packageRoot];
    await engine.docker('build', '--quiet', '--network', 'host', ...version);
    await engine.docker('build', '--quiet', '-t', 'auspex-s3:1.8.0', path.join(project, 's3'));
    const ports = await freePorts(PORTS.length);
    const named = Object.fromEntries(PORTS.map((name, i) => [name, ports[i]!])) as Ports;
    return new Deployment(engine, folder, named, token);
  }

  get broker(): string {
    return `localhost:${this.#ports.KAFKA}`;
  }

  get api(): string {
    return `127.0.0.1:${this.#ports.API}`;
  }

  get dashboard(): string {
    return `http://127.0.0.1:${this.#ports.HTTP}`;
  }

  /** Starts what does not run, and waits until all of it is healthy. */
  async up(): Promise<void> {
    await this.compose('up', '--detach', '--no-build');
    for (let i = 0; i < 240; i++) {
      const states = await this.states();
      if ([...states.values()].every((state) => state === 'healthy')) return;
      await sleep(500);
    }
    const logs = await this.compose('logs', '--tail', '30');
    throw new Error(`It did not become healthy: ${JSON.stringify([...(await this.states())])}\n${logs}`);
  }

  compose(...args: string[]): Promise<string> {
    const ports = Object.entries(this.#ports).map(([name, port]) => [`AUSPEX_${name}_PORT`, String(port)]);
    const environment = { ...Object.fromEntries(ports), AUSPEX_DATA: path.join(this.#folder, 'data') };
    return this.#engine.compose(path.join(this.#folder, 'deploy'), environment, ...args);
  }

  /** What the command line says in the server's container. */
  exec(...args: string[]): Promise<string> {
    return this.compose('exec', '-T', 'server', ...args);
  }

  /** Containers of a service. */
  async containers(service: string): Promise<string[]> {
    return (await this.compose('ps', '--quiet', service)).trim().split('\n');
  }

  /** Of each container, by its id. */
  async states(): Promise<Map<string, string>> {
    const ids = (await this.compose('ps', '--quiet')).trim().split('\n');
    const health = ['inspect', '--format', '{{.State.Health.Status}}', ...ids];
    const states = (await this.#engine.docker(...health)).trim().split('\n');
    return new Map(ids.map((id, i) => [id, states[i]!]));
  }

  async down(): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '5');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
