// Generates protos/generated/ from protos/, by `npm run protos`, or into the folder that is named. What it writes is kept in
// the repository, so that nobody who only uses Auspex needs the generator; test/protos/generated.test.ts compares the two.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const target = path.resolve(process.argv[2] ?? path.join(root, 'protos', 'generated'));
// What processes say to each other, and the part of ONNX's format that an export uses.
const sources = [path.join(root, 'protos', 'auspex', 'v1'), path.join(root, 'protos', 'onnx')];
const generator = path.join(path.dirname(createRequire(import.meta.url).resolve('protobufjs-cli')), 'bin', 'pbjs');

const OPTIONS = ['-t', 'static-module', '-w', 'esm', '--force-number', '--no-verify', '--no-convert', '--no-delimited'];
const MORE = ['--no-typeurl', '--no-service'];

function generate(...args) {
  const { status, stderr } = spawnSync(process.execPath, [generator, ...OPTIONS, ...MORE, ...args], {
    encoding: 'utf8',
  });
  if (status === 0) return;
  console.error(`auspex: the protocol could not be generated:\n${stderr}`);
  process.exit(1);
}

mkdirSync(target, { recursive: true });
const files = sources.flatMap((folder) => readdirSync(folder).map((file) => path.join(folder, file)));
for (const source of files.filter((file) => file.endsWith('.proto'))) {
  const name = path.basename(source, '.proto');
  // Each file has a namespace of its own at run time; otherwise two of the same package would overwrite each other.
  const namespace = ['-r', `auspex_${name}`];
  generate(...namespace, '--no-comments', '-o', path.join(target, `${name}.js`), source);
  // Types are made from the comments, which the code itself is better without.
  const aside = mkdtempSync(path.join(target, '.types-'));
  generate(...namespace, '--dts', '-o', path.join(aside, `${name}.js`), source);
  renameSync(path.join(aside, `${name}.d.ts`), path.join(target, `${name}.d.ts`));
  rmSync(aside, { recursive: true });
}
