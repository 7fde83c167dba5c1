/** What every container of the deployment is held to, read from the files that say so. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { OPERATION_SOURCES } from '../../kernels/tensorflow/place.ts';
import { buildProgram } from '../../services/cli/program.ts';

const folder = path.join(import.meta.dirname, '..', '..', 'deploy');
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');

/** A user other than root, by number: names are known inside of an image only. */
const user = z.string().regex(/^[1-9]\d*:\d+$/);
/** `name:version`, `${AUSPEX_VERSION:-0.1.0}` being one; neither `latest` nor a moving number such as `12`. */
const image = z.string().regex(/^[\w./-]+:(v?\d+\.\d+[\w.-]*|\$\{AUSPEX_VERSION:-\d+\.\d+\.\d+\})$/);

const service = z.object({
  image,
  user,
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  restart: z.literal('unless-stopped'),
  tmpfs: z.array(z.string().regex(/size=/)).min(1),
  mem_limit: z.string(),
  cpus: z.union([z.number(), z.string()]),
  pids_limit: z.number(),
  healthcheck: z.object({ test: z.array(z.string()).min(2), interval: z.string(), timeout: z.string() }),
  volumes: z.array(z.string()).min(1),
  ports: z.array(z.string().startsWith('127.0.0.1:')).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  privileged: z.never().optional(),
  network_mode: z.never().optional(),
  secrets: z.array(z.string()).optional(),
});

describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, unknown>;
    volumes: Record<string, unknown>;
    secrets: Record<string, { file: string }>;
  };

  for (const [name, described] of Object.entries(compose.services)) {
    it(`holds ${name} to limits, health, a pinned image, an ordinary user and a root file system that stays as it is`, () => {
      const { environment = {}, command = [], entrypoint = [], volumes, secrets = [] } = service.parse(described);
      // What is secret is a file: only its path may be told.
      const isSecret = /pass|secret|token|key|credential/i;
      for (const [key, value] of Object.entries(environment)) {
        if (isSecret.test(key)) assert.match(String(value), /^\/run\/secrets\//, key);
      }
      for (const argument of [...command, ...entrypoint]) {
        if (isSecret.test(argument) && !argument.startsWith('--log')) assert.match(argument, /=\/run\/secrets\/\w+$/);
      }
      for (const secret of secrets) assert.ok(compose.secrets[secret]?.file.startsWith('./secrets/'), secret);
      for (const volume of volumes) {
        const [source, , mode] = volume.replace(/^\$\{AUSPEX_DATA:-(\w+)\}/, '$1').split(':');
        if (source!.startsWith('.')) {
          assert.ok(existsSync(path.join(folder, source!)), source);
          assert.equal(mode, 'ro', volume);
        } else assert.ok(source! in compose.volumes, volume);
      }
    });
  }

  it('gives the server, which locks what it writes to, one host name for all its containers, and workers each their own', () => {
    const hostnames = Object.entries(compose.services).flatMap(([name, described]) => {
      const { hostname } = described as { hostname?: string };
      return hostname === undefined ? [] : [[name, hostname]];
    });
    assert.deepEqual(hostnames, [['server', 'server']]);
  });

  it('gives every container with a GPU one of its own, by its number: containers of one service would share it', () => {
    const gpus = z
      .array(z.object({ driver: z.literal('nvidia'), device_ids: z.tuple([z.string()]) }).loose())
      .length(1);
    const withGpus = Object.entries(compose.services).filter(([, described]) => 'deploy' in (described as object));
    assert.deepEqual(
      withGpus.map(([name]) => name),
      ['worker-gpu'],
    );
    for (const [name, described] of withGpus) {
      const { scale, deploy } = described as {
        scale: number;
        deploy: { resources: { reservations: { devices: unknown } } };
      };
      assert.equal(scale, 1);
      const [device] = gpus.parse(deploy.resources.reservations.devices);
      assert.ok(!('count' in device!), name);
      const documentation = readFileSync(path.join(folder, '..', 'docs', 'deployment.md'), 'utf8');
      assert.ok(!documentation.includes(`--scale ${name}`), name);
    }
  });

  it('shows Prometheus where the metrics are', () => {
    const { scrape_configs, rule_files } = parse(read('prometheus.yml'));
    const { services } = parse(read('docker-compose.yml'), { merge: true });
    assert.deepEqual(scrape_configs[0].static_configs, [{ targets: ['server:9464'] }]);
    assert.ok(services.server.command.includes('--metrics=0.0.0.0:9464'));
    const mounted = services.prometheus.volumes.map((volume: string) => path.basename(volume.split(':')[1]!));
    for (const file of rule_files) assert.ok(mounted.includes(file), file);
  });

  it('has its secrets made, and none in the repository', () => {
    const made = read('make-secrets.sh');
    for (const { file } of Object.values(compose.secrets)) assert.ok(made.includes(path.basename(file)), file);
    assert.match(read('.gitignore'), /^secrets\/$/m);
  });
});

const dockerfiles = ['Dockerfile', 'gpu.Dockerfile', 's3/Dockerfile'];

for (const name of dockerfiles) {
  describe(`deploy/${name}`, () => {
    const lines = read(name)
      .replaceAll(/^ *#.*\n/gm, '')
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line !== '');

    it('pins what it is made from', () => {
      const stages = new Set<string>();
      for (const line of lines.filter((one) => one.startsWith('FROM '))) {
        const [, from, , stage] = line.split(' ');
        if (!stages.has(from!)) assert.match(from!, /^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$/);
        if (stage) stages.add(stage);
      }
    });

    it('ends as an ordinary user', () => {
      const last = lines.lastIndexOf(lines.findLast((line) => line.startsWith('FROM '))!);
      const users = lines.slice(last).filter((line) => line.startsWith('USER '));
      assert.match(users.at(-1) ?? '', /^USER [1-9]\d*:[1-9]\d*$/);
    });

    it('knows only instructions that there are', () => {
      for (const line of lines) assert.match(line, /^(FROM|ARG|RUN|COPY|WORKDIR|ENV|USER|ENTRYPOINT|CMD) \S/);
      for (const line of lines.filter((one) => /^(ENTRYPOINT|CMD) /.test(one))) JSON.parse(line.replace(/^\S+ /, ''));
    });
  });
}

it('deploy/Dockerfile and gpu.Dockerfile have the same files in their images, but for TensorFlow', () => {
  const copied = (name: string) => read(name).match(/^COPY --from=build .*$/gm)!;
  assert.ok(copied('Dockerfile').length > 5);
  const [tensorflow, ...rest] = copied('gpu.Dockerfile');
  assert.equal(tensorflow, 'COPY --from=build /opt/tensorflow /opt/tensorflow');
  assert.deepEqual(rest, copied('Dockerfile'));
  const gpu = read('gpu.Dockerfile');
  assert.match(gpu, /^RUN AUSPEX_TENSORFLOW=\/opt\/tensorflow .* setup tensorflow /m);
  assert.match(gpu, /^ENV [^#]*AUSPEX_TENSORFLOW=\/opt\/tensorflow /m);
  // By their content the operations are known: every image has what they were built from.
  for (const file of OPERATION_SOURCES) assert.match(rest.join('\n'), new RegExp(path.basename(file)));
});

it('commands of the deployment have only options that there are', async () => {
  const compose = parse(read('docker-compose.yml'), { merge: true });
  const base = path.join(folder, 'kubernetes', 'base');
  const containers = readdirSync(base)
    .flatMap((name) => parseAllDocuments(readFileSync(path.join(base, name), 'utf8')))
    .flatMap((document) => document.toJS().spec?.template?.spec?.containers ?? []);
  const calls: string[][] = [
    compose.services.server.command,
    ['worker', ...compose.services.worker.command, '--host'],
    ...containers.map(({ args }) => args),
  ];
  assert.equal(calls.length, 4);
  const { commands } = await buildProgram();
  for (const [name, ...options] of calls) {
    const command = commands.find((one) => one.name() === name)!;
    const known = command.options.map(({ long }) => long);
    for (const option of options) assert.ok(known.includes(option.split('=')[0]!), `${name} ${option}`);
  }
});
