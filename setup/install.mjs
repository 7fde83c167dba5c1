// Builds the native addon: checks what the system must have, fetches oneDNN (a PyPI wheel) and libjpeg-turbo into
// build/dependencies/, and runs node-gyp. Plain JavaScript, because it runs before anything is compiled.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const dependencies = path.join(root, 'build', 'dependencies');
const ONEDNN = '2023.2.0';

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  return { ok: result.status === 0, output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}` };
}

function fail(message) {
  console.error(`auspex: ${message}`);
  process.exit(1);
}

/** Everything that only the system's package manager can provide, named in one line. */
function checkSystem() {
  const missing = [];
  const compiler = process.env.CXX ?? 'c++';
  if (!run(compiler, ['--version']).ok) missing.push('g++');
  if (!run('make', ['--version']).ok) missing.push('make');
  if (!run('python3', ['--version']).ok) missing.push('python3');
  else if (!run('python3', ['-m', 'pip', '--version']).ok) missing.push('python3-pip');
  if (missing.length > 0) {
    fail(`missing system packages; install them with: sudo apt-get install -y ${missing.join(' ')}`);
  }
}

/** oneDNN with GNU OpenMP from its two wheels: build/dependencies/onednn/{include,lib}. */
function fetchOneDnn() {
  const target = path.join(dependencies, 'onednn');
  const done = path.join(target, `.version-${ONEDNN}`);
  if (existsSync(done)) return;
  rmSync(target, { recursive: true, force: true });
  const wheels = path.join(dependencies, 'wheels');
  mkdirSync(wheels, { recursive: true });
  const packages = [`onednn-cpu-gomp==${ONEDNN}`, `onednn-devel-cpu-gomp==${ONEDNN}`];
  const pip = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '-d',
    wheels,
    ...packages,
  ];
  const download = run('python3', pip);
  if (!download.ok)
    fail(`oneDNN could not be fetched from PyPI (pip download ${packages.join(' ')}):\n${download.output}`);
  for (const wheel of readdirSync(wheels).filter((name) => name.startsWith('onednn'))) {
    const unpack = run('python3', ['-m', 'zipfile', '-e', path.join(wheels, wheel), path.join(wheels, 'unpacked')]);
    if (!unpack.ok) fail(`${wheel} could not be unpacked: ${unpack.output}`);
  }
  mkdirSync(path.join(target, 'lib'), { recursive: true });
  const unpacked = path.join(wheels, 'unpacked');
  const data = (name) => path.join(unpacked, `${name}-${ONEDNN}.data`, 'data');
  run('cp', ['-r', path.join(data('onednn_devel_cpu_gomp'), 'include'), target]);
  run('cp', [path.join(data('onednn_cpu_gomp'), 'lib', 'libdnnl.so.3'), path.join(target, 'lib')]);
  symlinkSync('libdnnl.so.3', path.join(target, 'lib', 'libdnnl.so'));
  rmSync(wheels, { recursive: true, force: true });
  writeFileSync(done, '');
}

/** libjpeg-turbo: the system's headers where they are installed, otherwise Debian's packages unpacked without root. */
function fetchJpeg() {
  const target = path.join(dependencies, 'jpeg');
  if (existsSync(path.join(target, '.done'))) return;
  rmSync(target, { recursive: true, force: true });
  mkdirSync(path.join(target, 'include'), { recursive: true });
  mkdirSync(path.join(target, 'lib'), { recursive: true });
  const probe = run(process.env.CXX ?? 'c++', ['-x', 'c++', '-', '-ljpeg', '-o', '/dev/null'], {
    input: '#include <cstdio>\n#include <jpeglib.h>\nint main() { return jpeg_std_error(nullptr) == nullptr; }\n',
  });
  if (!probe.ok) unpackDebianJpeg(target);
  writeFileSync(path.join(target, '.done'), '');
}

/**
 * Downloads Debian's packages and unpacks them without root. `names` gets a function that asks apt-cache, and returns what
 * to fetch. The result is the folder with `usr/` and the machine's name in its paths, or undefined if they cannot be had.
 */
function unpackDebian(names) {
  const folder = path.join(dependencies, 'debian');
  rmSync(folder, { recursive: true, force: true });
  const lists = path.join(folder, 'lists');
  mkdirSync(path.join(lists, 'partial'), { recursive: true });
  mkdirSync(path.join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${path.join(folder, 'cache')}`];
  run('apt-get', [...own, 'update', '-qq']);
  const debs = names((...args) => run('apt-cache', [...own, ...args]).output);
  const download = run('apt-get', [...own, 'download', ...debs], { cwd: folder });
  const files = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  if (!download.ok || debs.length === 0 || files.length < debs.length) {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  for (const file of files) run('dpkg-deb', ['-x', path.join(folder, file), folder]);
  const triplet = readdirSync(path.join(folder, 'usr', 'lib')).find((name) => name.endsWith('linux-gnu'));
  return { folder, triplet };
}

function unpackDebianJpeg(target) {
  const unpacked = unpackDebian(() => ['libjpeg62-turbo-dev', 'libjpeg62-turbo']);
  if (!unpacked) {
    fail('missing system package libjpeg-turbo; install it with: sudo apt-get install -y libjpeg62-turbo-dev');
  }
  const { folder, triplet } = unpacked;
  run('sh', ['-c', `cp -r usr/include/. ${target}/include/ && cp -r usr/include/${triplet}/. ${target}/include/`], {
    cwd: folder,
  });
  run('sh', ['-c', `cp -P usr/lib/${triplet}/libjpeg.so* ${target}/lib/`], { cwd: folder });
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Gloo, for ranks on several hosts: the system's where it is installed, otherwise Debian's package and the libraries that it
 * needs, unpacked without root. Where it cannot be had, the addon is built without it and says so when it is asked for it.
 */
function fetchGloo() {
  const target = path.join(dependencies, 'gloo');
  if (existsSync(path.join(target, '.done'))) return;
  rmSync(target, { recursive: true, force: true });
  mkdirSync(path.join(target, 'include'), { recursive: true });
  mkdirSync(path.join(target, 'lib'), { recursive: true });
  const code =
    '#include <gloo/transport/tcp/device.h>\nint main() { return !gloo::transport::tcp::CreateDevice("localhost"); }\n';
  const probe = (...flags) =>
    run(process.env.CXX ?? 'c++', ['-std=c++17', ...flags, '-x', 'c++', '-', '-lgloo', '-o', '/dev/null'], {
      input: code,
    });
  if (!probe().ok) {
    unpackDebianGloo(target);
    const folders = [`-I${target}/include`, `-L${target}/lib`, `-Wl,-rpath-link,${target}/lib`];
    if (!probe(...folders).ok) {
      console.error(
        "auspex: built without Gloo, which only ranks on several hosts need; Debian's libgloo-dev brings it",
      );
      return;
    }
  }
  writeFileSync(path.join(target, '.done'), '');
}

function unpackDebianGloo(target) {
  const quiet = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const unpacked = unpackDebian((query) => {
    const needed = query('depends', '--recurse', ...quiet, 'libgloo-dev').split('\n');
    // Its development package and the run-time libraries; those of the compiler are there.
    return needed.filter((name) => /^(libgloo-dev|lib(gloo|hiredis|ibverbs|nl-)[\w.-]*\d(t64)?)$/.test(name));
  });
  if (!unpacked) return;
  const { folder, triplet } = unpacked;
  run('sh', ['-c', `cp -r usr/include/gloo ${target}/include/`], { cwd: folder });
  for (const place of ['usr/lib', `usr/lib/${triplet}`, `lib/${triplet}`]) {
    run('sh', ['-c', `cp -P ${place}/lib*.so* ${target}/lib/`], { cwd: folder });
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Node's headers beside its binary, or else the Node-API headers from npm in the shape that node-gyp expects. */
function nodeHeaders() {
  const installed = path.resolve(process.execPath, '..', '..');
  if (existsSync(path.join(installed, 'include', 'node', 'common.gypi'))) return installed;
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers');
  const own = path.join(dependencies, 'node');
  const include = path.join(own, 'include', 'node');
  mkdirSync(include, { recursive: true });
  for (const header of readdirSync(headers)) cpSync(path.join(headers, header), path.join(include, header));
  const defaults = { default_configuration: 'Release', configurations: { Release: {} }, cflags: ['-fPIC'] };
  writeFileSync(path.join(include, 'common.gypi'), JSON.stringify({ target_defaults: defaults }));
  writeFileSync(path.join(include, 'config.gypi'), JSON.stringify({ variables: {}, target_defaults: {} }));
  return own;
}

function buildAddon() {
  const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  // `configure build` and not `rebuild`: the latter removes build/ with the fetched libraries.
  const args = [nodeGyp, 'configure', 'build', '--loglevel=warn', `--nodedir=${nodeHeaders()}`];
  const build = run(process.execPath, args, { cwd: root, env: { ...process.env, JOBS: process.env.JOBS ?? 'max' } });
  if (!build.ok) fail(`the native addon could not be built:\n${build.output.slice(-8000)}`);
}

/**
 * `npx auspex` in a checkout. Were the command in package.json, npx would install the checkout once more into npm's cache
 * and build it again; so it is linked here, and package.json gets it only when the package is packed.
 */
function linkCommand() {
  const folder = path.join(root, 'node_modules', '.bin');
  const link = path.join(folder, 'auspex');
  if (!existsSync(folder) || existsSync(link)) return;
  rmSync(link, { force: true }); // one that leads nowhere
  symlinkSync(path.relative(folder, path.join(root, 'services', 'cli', 'bin.js')), link);
}

checkSystem();
fetchOneDnn();
fetchJpeg();
fetchGloo();
buildAddon();
linkCommand();
