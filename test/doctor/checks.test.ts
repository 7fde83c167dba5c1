/** What the doctor makes of what it is told: texts of systems that differ from this one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { askForGpu } from '../../kernels/tensorflow/ask-for-gpu.ts';
import { noGpu } from '../../kernels/tensorflow/binding.ts';
import { placeOf } from '../../kernels/tensorflow/place.ts';
import { cgroupLimits } from '../../services/doctor/cgroup.ts';
import { checkCollectives } from '../../services/doctor/collectives.ts';
import { checkKind, flushCheck, roomCheck } from '../../services/doctor/disk.ts';
import { checkGpu } from '../../services/doctor/gpu.ts';
import { checkAddon, checkNode, checkProcessor } from '../../services/doctor/program.ts';
import { checkCores, checkHugePages, checkMemory, checkOpenFiles } from '../../services/doctor/resources.ts';
import { checkClock, checkPython } from '../../services/doctor/system.ts';
import { standInEnvironment } from '../kernels/collectives/nccl-stand-in/build.ts';
import { hasTensorFlowRanks, tensorFlowBuild } from '../kernels/executors.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

const files = (contents: Readonly<Record<string, string>>) => (file: string) => contents[file];
const GIB = 2 ** 30;
const FREE = { cpus: null, memoryBytes: null };

describe('doctor, of the program', () => {
  it('wants Node 20.19 or newer', () => {
    const statuses = ['18.20.1', '20.18.3', '20.19.0', '22.1.0'].map((version) => checkNode(version).status);
    assert.deepEqual(statuses, ['problem', 'problem', 'ok', 'ok']);
  });

  it('says in which precision the addon computes, or why it is not there', () => {
    assert.match(checkAddon(() => true).found, /bf16/);
    assert.match(checkAddon(() => false).found, /f32/);
    const missing = checkAddon(() => {
      throw new Error('no such file');
    });
    assert.deepEqual([missing.status, missing.found], ['problem', 'no such file']);
    assert.match(missing.advice!, /build:native/);
  });

  it('knows what processors can do', () => {
    assert.match(checkProcessor('x', ['avx2', 'fma', 'avx512f', 'avx512_bf16', 'amx_bf16']).found, /AMX/);
    assert.match(checkProcessor('x', ['avx2', 'fma', 'avx512f', 'avx512_bf16']).found, /measured/);
    assert.match(checkProcessor('x', ['avx2', 'fma', 'avx512f']).found, /no bf16/);
    assert.match(checkProcessor('x', ['avx2', 'fma']).found, /AVX2: computes in f32/);
    assert.equal(checkProcessor('x', ['f16c']).status, 'problem');
    assert.equal(checkProcessor('x', []).status, 'warning');
  });
});

describe('doctor, of control groups', () => {
  it('finds the tightest limit on the way up, in version 2', () => {
    const limits = cgroupLimits(
      files({
        '/proc/self/cgroup': '0::/service/job\n',
        '/sys/fs/cgroup/service/job/cpu.max': 'max 100000\n',
        '/sys/fs/cgroup/service/cpu.max': '150000 100000\n',
        '/sys/fs/cgroup/service/job/memory.max': `${4 * GIB}\n`,
        '/sys/fs/cgroup/service/memory.max': 'max\n',
      }),
    );
    assert.deepEqual(limits, { cpus: 1.5, memoryBytes: 4 * GIB });
  });

  it('finds those of version 1, also where a container sees only its root', () => {
    const limits = cgroupLimits(
      files({
        '/proc/self/cgroup': '5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      }),
    );
    assert.deepEqual(limits, { cpus: 2, memoryBytes: null });
  });

  it('finds none where there is none', () => {
    assert.deepEqual(cgroupLimits(files({ '/proc/self/cgroup': '0::/\n' })), FREE);
    assert.deepEqual(cgroupLimits(files({})), FREE);
  });
});

describe('doctor, of resources', () => {
  it('compares cores and memory with the limits', () => {
    assert.equal(checkCores(8, FREE).status, 'ok');
    const cores = checkCores(8, { cpus: 2.5, memoryBytes: null });
    assert.equal(cores.status, 'warning');
    assert.match(cores.advice!, /training\.threads=2/);
    assert.equal(checkMemory(64 * GIB, 40 * GIB, FREE).status, 'ok');
    const memory = checkMemory(64 * GIB, 40 * GIB, { cpus: null, memoryBytes: GIB });
    assert.equal(memory.status, 'warning');
    assert.match(memory.found, /control group to 1\.0 GiB/);
  });

  it('looks at open files and huge pages', () => {
    const limit = (text: string) => files({ '/proc/self/limits': `Max open files            ${text}  20000  files\n` });
    assert.deepEqual(
      ['256', '65536', 'unlimited'].map((text) => checkOpenFiles(limit(text)).status),
      ['warning', 'ok', 'ok'],
    );
    const pages = (own: string) => files({ '/sys/kernel/mm/transparent_hugepage/enabled': own });
    assert.equal(checkHugePages(pages('always [madvise] never\n')).status, 'ok');
    assert.match(checkHugePages(pages('always madvise [never]\n')).advice!, /echo madvise/);
    assert.equal(checkHugePages(files({})).status, 'warning');
  });

  it('takes the nearest mount for the kind of a disk', () => {
    const mounts = files({
      '/proc/self/mountinfo': [
        '22 1 254:0 / / rw - ext4 /dev/root rw',
        '23 22 0:20 / /data rw shared:1 - nfs4 server:/data rw',
        '24 23 0:21 / /data/with\\040space rw - tmpfs tmpfs rw',
      ].join('\n'),
    });
    assert.match(checkKind('/database', mounts).found, /ext4/);
    assert.deepEqual(
      [checkKind('/data', mounts).status, checkKind('/data/runs', mounts).status],
      ['warning', 'warning'],
    );
    assert.match(checkKind('/data/runs', mounts).advice!, /local disk/);
    assert.match(checkKind('/data/with space/x', mounts).found, /memory/);
  });

  it('judges room and flushes', () => {
    assert.deepEqual(
      [20, 5, 0.5].map((gib) => roomCheck('/x', gib * GIB).status),
      ['ok', 'warning', 'problem'],
    );
    assert.deepEqual(
      [1, 200].map((ms) => flushCheck('/x', ms).status),
      ['ok', 'warning'],
    );
  });

  it('judges clock and Python', () => {
    assert.equal(checkClock(1000, 2000, files({})).status, 'problem');
    assert.match(checkClock(2000, 1000, files({ '/run/systemd/timesync/synchronized': '' })).found, /timesyncd/);
    assert.match(checkClock(2000, 1000, files({})).found, /cannot be seen/);
    assert.match(checkPython(undefined, false).found, /not there/);
  });
});

describe('doctor, of GPUs', () => {
  const nothing = () => undefined;
  const place = (build: 'cpu' | 'gpu') => ({
    build,
    folder: `/cache/${build}`,
    module: '/cache/m.node',
    operations: '/cache/o.so',
    stamp: '/cache/s',
  });

  it('says what is not found, and how to get it', () => {
    const checks = checkGpu(nothing, files({}), nothing);
    assert.ok(checks.every(({ status }) => status === 'warning'));
    assert.match(checks[0]!.found, /not set up/);
    assert.match(checks[0]!.advice!, /auspex setup tensorflow --gpu/);
    assert.match(checks[1]!.advice!, /auspex setup tensorflow'/);
    assert.equal(checks.filter(({ found }) => found.includes('not found')).length, 3);
    assert.match(checks.find(({ name }) => name === 'nccl')!.advice!, /setup tensorflow --gpu/);
    assert.ok(!checks.some(({ name }) => name.startsWith('operations')), 'nothing is said of what is not set up');
  });

  const COLLECTIVES = { operations: 'there', nccl: { nccl: '2.21.5', gpus: 8 } };
  const run =
    (collectives: object | undefined = COLLECTIVES, card = 'NVIDIA H200, 9.0, 143771 MiB, 570.1') =>
    (command: string) => {
      if (command === 'nvidia-smi') return `${card}\n`;
      if (command !== process.execPath) return '\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/libcuda.so.1\n';
      return `noise\nanswer ${JSON.stringify(collectives)}\n`;
    };
  const ofVersion = (version: string) => {
    const text = `NVRM version: NVIDIA UNIX x86_64 Kernel Module  ${version}  Sat Aug 19\nGCC version: 12\n`;
    return files({ '/proc/driver/nvidia/version': text });
  };
  const driver = ofVersion('570.124.06');
  const sees = () => ({ kind: 'sees' }) as const;

  it('says what is found', () => {
    const checks = checkGpu(run(), driver, place, sees);
    assert.deepEqual(
      checks.map(({ name, status }) => [name, status]),
      [
        ['tensorflow gpu', 'ok'],
        ['tensorflow sees', 'ok'],
        ['tensorflow cpu', 'ok'],
        ['operations gpu', 'ok'],
        ['operations cpu', 'ok'],
        ['nccl', 'ok'],
        ['nvidia-smi', 'ok'],
        ['nvidia driver', 'ok'],
        ['libcuda.so', 'ok'],
      ],
    );
  });

  it('says why ranks on TensorFlow could not exchange, and what to do', () => {
    const checked = (name: string, collectives: object | undefined) => {
      const all = checkGpu(run(collectives), driver, place, sees);
      return all.find((check) => check.name === name)!;
    };
    const { nccl } = COLLECTIVES;
    const missing = checked('operations gpu', { operations: 'not there', nccl });
    assert.match(missing.found, /not there for this Auspex/);
    assert.match(missing.advice!, /'auspex setup tensorflow --gpu', which builds them alone/);
    const broken = checked('operations cpu', { operations: { failed: 'undefined symbol: x' }, nccl });
    assert.match(broken.found, /o\.so does not load: undefined symbol: x/);
    assert.match(broken.advice!, /'auspex setup tensorflow --force'/);
    const why =
      'collectives on GPUs need libnccl.so.2, which cannot be loaded (no such file); install NCCL 2.18; or not';
    const without = checked('nccl', { operations: 'there', nccl: { missing: why } });
    assert.match(without.found, /^collectives on GPUs need libnccl\.so\.2, which cannot be loaded \(no such file\)$/);
    assert.match(without.advice!, /^Install NCCL 2\.18; or not\. Trainings on one GPU do not need it\./);
    const ended = checkGpu(() => undefined, driver, place, sees);
    assert.match(ended.find(({ name }) => name === 'operations gpu')!.found, /ended the process/);
  });

  it('asks the library of operations and NCCL themselves', () => {
    const real = (command: string, args: readonly string[]) => {
      const env = { ...process.env, ...standInEnvironment() };
      return spawnSync(command, args, { encoding: 'utf8', env }).stdout;
    };
    const [found] = checkCollectives(undefined, undefined, real);
    assert.deepEqual(
      [found!.name, found!.found],
      ['nccl', 'NCCL 2.21.5 and the CUDA runtime load; GPUs that they see: 8'],
    );
    const nowhere = checkCollectives(undefined, place('cpu'), real);
    assert.match(nowhere[0]!.found, /not there for this Auspex/);
    if (!hasTensorFlowRanks) return;
    const own = placeOf(tensorFlowBuild);
    const operations = (library: string) => checkCollectives(undefined, { ...own, operations: library }, real)[0]!;
    assert.equal(operations(own.operations).status, 'ok', operations(own.operations).found);
    const other = operations(standInEnvironment()['AUSPEX_NCCL']!);
    assert.match(other.found, /does not load: .*is not the library of operations that belongs to this Auspex/);
    assert.match(operations('/etc/hostname').found, /does not load: .*cannot be loaded/);
  });

  it('warns of cards that this TensorFlow has no code for, and of drivers that are too old', () => {
    const ofCard = (capability: string) => {
      const checks = checkGpu(run(COLLECTIVES, `A card, ${capability}, 8192 MiB, 570.1`), driver, place, sees);
      return checks.find(({ name }) => name === 'nvidia-smi')!;
    };
    const capabilities = ['5.2', '6.0', '7.5', '8.9', '9.0', '10.0', '12.0', '[N/A]'];
    assert.deepEqual(
      capabilities.map((capability) => ofCard(capability).status),
      ['warning', 'ok', 'ok', 'ok', 'ok', 'warning', 'warning', 'ok'],
    );
    assert.match(ofCard('12.0').advice!, /compute capability 6\.0 to 9\.x/);
    const ofDriver = (version: string) =>
      checkGpu(run(), ofVersion(version), place, sees).find(({ name }) => name === 'nvidia driver')!;
    assert.deepEqual(
      ['470.256.02', '525.59.01', '525.60.13', '535.5'].map((version) => ofDriver(version).status),
      ['warning', 'warning', 'ok', 'ok'],
    );
    assert.match(ofDriver('470.256.02').advice!, /525\.60 or newer/);
  });

  describe('asks TensorFlow itself whether it sees a GPU', () => {
    const temporary = temporaryFolder();
    after(() => temporary.remove());

    /** A module in the place of the binding. */
    const seen = (code: string, seconds?: number) => {
      const module = path.join(temporary.path, 'binding.cjs');
      writeFileSync(module, code);
      const of = (build: 'cpu' | 'gpu') => ({ ...place(build), module });
      const answer = askForGpu(module, seconds);
      return { check: checkGpu(run(), driver, of, () => answer)[1]!, error: noGpu(answer).message };
    };
    const log =
      '2026-01-02 03:04:05.6: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized.\n' +
      '2026-01-02 03:04:05.7: E external/local_xla/xla/cuda_driver.cc:152] failed call to cuInit: UNKNOWN ERROR (303)\n' +
      '2026-01-02 03:04:05.8: W tensorflow/core/gpu_device.cc:2344] Cannot dlopen some GPU libraries.\n';
    const answers = (sees: boolean, more = '') => `${more}; exports.isUsingGpuDevice = () => ${sees};`;

    it('and hears why it sees none, which trainings tell as well', () => {
      assert.equal(seen(answers(true)).check.status, 'ok');
      const { check, error } = seen(answers(false, `process.stderr.write(${JSON.stringify(log)})`));
      assert.deepEqual([check.status, check.found], ['warning', 'no GPU']);
      const why = 'failed call to cuInit: UNKNOWN ERROR (303); Cannot dlopen some GPU libraries';
      assert.ok(check.advice!.startsWith(`It says: ${why}. TensorFlow needs`), check.advice!);
      assert.ok(error.startsWith(`TensorFlow sees no GPU (${why}). 'auspex doctor --gpu'`), error);
      assert.match(seen(answers(false)).error, /^TensorFlow sees no GPU\. /);
    });

    it('with all that it says, and of one GPU', () => {
      const shows =
        "process.stderr.write(['cuInit', process.env.TF_CPP_MIN_LOG_LEVEL, process.env.CUDA_VISIBLE_DEVICES].join(' '))";
      const before = process.env['CUDA_VISIBLE_DEVICES'];
      process.env['CUDA_VISIBLE_DEVICES'] = '3,5';
      try {
        assert.match(seen(answers(false, shows)).check.advice!, /^It says: cuInit 0 3\. /);
      } finally {
        if (before === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
        else process.env['CUDA_VISIBLE_DEVICES'] = before;
      }
    });

    it('and tells a process that is late from one that ended', () => {
      const { check: late } = seen('for (;;);', 1);
      assert.match(late.found, /did not answer in 1 s/);
      assert.ok(!late.advice!.includes('--force'));
      const { check: broken } = seen("throw new Error('libtensorflow.so.2: no such file')");
      assert.match(broken.found, /could not be loaded \(Error: libtensorflow\.so\.2: no such file\)/);
      assert.match(broken.advice!, /--force/);
      assert.match(seen("process.kill(process.pid, 'SIGSEGV'); for (;;);").check.found, /ended by SIGSEGV/);
    });
  });
});
