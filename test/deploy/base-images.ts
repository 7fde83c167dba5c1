/**
 * Stand-ins for the base images that Dockerfiles and docker-compose.yml name, made of Debian's packages and of what this machine has,
 * where no registry of images can be reached. They have the same names and the same programs at the same places, and nothing else.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../kernels/addon.ts';
import { findS3Server, S3_SERVER } from '../checkpoints/destinations/s3-server.ts';
import { installKafka, whyNoKafka } from '../kafka/install.ts';
import type { Engine } from './engine.ts';

const recipes = path.join(import.meta.dirname, 'stand-ins');
const DEBIAN = 'auspex-test/debian:bookworm-slim';
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** Why stand-ins cannot be made here, or undefined. */
export function whyNoStandIns(): string | undefined {
  if (!findS3Server()) return `there is no versitygw (go install ${S3_SERVER})`;
  if (!existsSync(AUTHORITIES)) return 'there is no ca-certificates';
  return whyNoKafka();
}

/** Makes those that are missing. */
export async function makeStandIns(engine: Engine): Promise<void> {
  await makeDebian(engine);
  await make(engine, 'node', baseOf('deploy/Dockerfile'), (folder) => {
    const node = realpathSync(process.execPath);
    const installed = path.resolve(node, '..', '..');
    cpSync(node, path.join(folder, 'bin', 'node'));
    cpSync(path.join(installed, 'lib/node_modules/npm'), path.join(folder, 'lib/node_modules/npm'), {
      recursive: true,
    });
    cpSync(path.join(installed, 'include/node'), path.join(folder, 'include/node'), { recursive: true });
    cpSync(AUTHORITIES, path.join(folder, 'ca-certificates.crt'), { dereference: true });
  });
  const compose = readFileSync(path.join(packageRoot, 'deploy/docker-compose.yml'), 'utf8');
  await make(engine, 'kafka', /image: (apache\/kafka:\S+)/.exec(compose)![1]!, (folder) => {
    cpSync(installKafka(), path.join(folder, 'jars'), { recursive: true });
    cpSync(path.join(recipes, 'kafka'), folder, { recursive: true });
  });
  await make(engine, 's3', baseOf('deploy/s3/Dockerfile'), (folder) => {
    cpSync(findS3Server()!, path.join(folder, 'versitygw'));
  });
}

function baseOf(dockerfile: string): string {
  return /^FROM (\S+)/m.exec(readFileSync(path.join(packageRoot, dockerfile), 'utf8'))![1]!;
}

async function makeDebian(engine: Engine): Promise<void> {
  if (await engine.hasImage(DEBIAN)) return;
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-debian-'));
  try {
    const root = path.join(folder, 'root');
    const options = ['--variant=minbase', '--include=ca-certificates', 'bookworm', root];
    const { status, stdout } = spawnSync('debootstrap', options, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`debootstrap failed:\n${stdout.slice(-2000)}`);
    const archive = path.join(folder, 'root.tar');
    spawnSync('tar', [
      '-C',
      root,
      '--exclude=./var/cache/apt/archives/*.deb',
      '--exclude=./var/lib/apt/lists/*',
      '-cf',
      archive,
      '.',
    ]);
    await engine.docker('import', archive, DEBIAN);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function make(engine: Engine, recipe: string, name: string, fill: (folder: string) => void): Promise<void> {
  if (await engine.hasImage(name)) return;
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-image-'));
  try {
    mkdirSync(path.join(folder, 'bin'));
    fill(folder);
    const file = path.join(recipes, `${recipe}.Dockerfile`);
    await engine.docker('build', '--quiet', '--network', 'host', '--file', file, '--tag', name, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
