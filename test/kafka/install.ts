/** Fetches Apache Kafka into build/dependencies/kafka, once. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../kernels/addon.ts';

const folder = path.join(packageRoot, 'build', 'dependencies', 'kafka-4.3.1');

/** Why no broker can be started here, or undefined. */
export function whyNoKafka(): string | undefined {
  for (const [command, argument] of [
    ['java', '-version'],
    ['mvn', '--version'],
  ] as const) {
    if (!existsSync(folder) && spawnSync(command, [argument]).status !== 0) return `there is no ${command}`;
  }
  return undefined;
}

/** @returns the folder with the jars. */
export function installKafka(): string {
  if (existsSync(folder)) return folder;
  const incomplete = `${folder}.${process.pid}`;
  mkdirSync(path.dirname(folder), { recursive: true });
  const pom = path.join(import.meta.dirname, 'pom.xml');
  const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${incomplete}`];
  const { status, stdout, stderr } = spawnSync('mvn', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Kafka could not be fetched:\n${stdout}${stderr}`);
  try {
    renameSync(incomplete, folder);
  } catch (error) {
    // Another test may have been quicker.
    if (!existsSync(folder)) throw error;
    rmSync(incomplete, { recursive: true });
  }
  return folder;
}
