// Generates protos/generated/ from protos/, by `npm run protos`, or into the folder that is named. What it writes is kept in
// the repository, so that nobody who only uses Auspex needs the generator; test/protos/generated.test.ts compares the two.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const target = path.resolve(process.argv[2] ?? path.join(root, 'protos', 'generated'));
const protos = path.join(root, 'protos');
const generator = path.join(path.dirname(createRequire(import.meta.url).resolve('protobufjs-cli')), 'bin', 'pbjs');

const OPTIONS = ['-t', 'static-module', '-w', 'esm', '--force-number', '--no-verify', '--no-convert', '--no-delimited'];
const MORE = ['--no-typeurl', '--no-service', '--dependency', '../protobuf.js'];

function run(...command) {
  const { status, stderr } = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
  if (status === 0) return;
  console.error(`auspex: the protocol could not be generated:\n${stderr}`);
  process.exit(1);
}

function generate(...args) {
  run(process.execPath, generator, ...OPTIONS, ...MORE, ...args);
}

/** What is generated, and of which files: a module for each package, so that no message stands in two of them. */
const MODULES = [
  ['auspex', readdirSync(path.join(protos, 'auspex', 'v1')).map((file) => `auspex/v1/${file}`)],
  ['actors', ['auspex/actors/v1/actors.proto']],
  ['status', ['google/rpc/status.proto']],
  ['onnx', ['onnx/onnx.proto']],
];

mkdirSync(target, { recursive: true });
for (const [name, files] of MODULES) {
  const sources = ['-p', protos, ...files.map((file) => path.join(protos, file))];
  // Each module has a namespace of its own at run time; otherwise two of the same package would overwrite each other.
  const namespace = ['-r', `auspex_${name}`];
  generate(...namespace, '--no-comments', '-o', path.join(target, `${name}.js`), ...sources);
  // Types are made from the comments, which the code itself is better without.
  const aside = mkdtempSync(path.join(target, '.types-'));
  generate(...namespace, '--dts', '-o', path.join(aside, `${name}.js`), ...sources);
  renameSync(path.join(aside, `${name}.d.ts`), path.join(target, `${name}.d.ts`));
  rmSync(aside, { recursive: true });
}

// What reflection tells of, comments included: our services, and the one of health. Such sets are joined by writing one after another.
const { resolve } = createRequire(import.meta.url);
const buf = path.join(path.dirname(resolve('@bufbuild/buf/package.json')), 'bin', 'buf');
const health = path.join(path.dirname(resolve('grpc-health-check/package.json')), 'proto');
const parts = [[protos, '--path', path.join(protos, 'auspex', 'v1')], [health]].map((input, i) => {
  const part = path.join(target, `.part-${i}.binpb`);
  run(process.execPath, buf, 'build', ...input, '-o', part);
  const bytes = readFileSync(part);
  rmSync(part);
  return bytes;
});
writeFileSync(path.join(target, 'descriptors.binpb'), Buffer.concat(parts));
