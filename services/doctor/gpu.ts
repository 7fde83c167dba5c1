/** What training on GPUs (`training.device: gpu`) needs, and what of it is there. */
import { type Build, TENSORFLOW_VERSION, type TensorFlowPlace } from '../../kernels/tensorflow/place.ts';
import { type Check, ok, type ReadFile, type Run, warning } from './check.ts';
import { checkCollectives } from './collectives.ts';

/** A set-up of TensorFlow; undefined where there is none. */
export type FindSetUp = (build: Build) => TensorFlowPlace | undefined;

export function checkGpu(run: Run, read: ReadFile, findSetUp: FindSetUp): Check[] {
  const [gpu, cpu] = [findSetUp('gpu'), findSetUp('cpu')];
  return [
    checkSetUp('gpu', gpu, 'training.device=gpu'),
    ...(gpu ? [checkSeen(gpu, run)] : []),
    checkSetUp('cpu', cpu, 'training.device=tensorflow-cpu'),
    ...checkCollectives(gpu, cpu, run),
    checkCards(run('nvidia-smi', ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'])),
    checkDriver(read('/proc/driver/nvidia/version')),
    checkDriverLibrary(run('/sbin/ldconfig', ['-p']) ?? ''),
  ];
}

function checkSetUp(build: Build, place: TensorFlowPlace | undefined, use: string): Check {
  const name = `tensorflow ${build}`;
  if (place) return ok(name, `TensorFlow ${TENSORFLOW_VERSION} in ${place.folder} (${use})`);
  const command = `auspex setup tensorflow${build === 'gpu' ? ' --gpu' : ''}`;
  return warning(name, `not set up (${use})`, `Run '${command}'. Trainings on processors need none.`);
}

/** Asks TensorFlow itself, in a process that may fail. */
function checkSeen({ module }: TensorFlowPlace, run: Run): Check {
  const code = `console.log('sees', require(${JSON.stringify(module)}).isUsingGpuDevice())`;
  const answer = run(process.execPath, ['-e', code]);
  if (answer?.includes('sees true')) return ok('tensorflow sees', 'a GPU');
  const found = answer === undefined ? 'it could not be loaded' : 'no GPU';
  const advice =
    answer === undefined
      ? "Run 'auspex setup tensorflow --gpu --force', which builds it again."
      : "TensorFlow needs a card, NVIDIA's driver (525.60 or newer) and its library libcuda.so: see below.";
  return warning('tensorflow sees', found, advice);
}

function checkCards(listed: string | undefined): Check {
  const cards = listed?.split('\n').filter((line) => line.trim() !== '') ?? [];
  if (cards.length > 0) return ok('nvidia-smi', cards.join('; '));
  return warning('nvidia-smi', 'not found, or it sees no GPU', "A machine with an NVIDIA GPU and NVIDIA's driver.");
}

function checkDriver(version: string | undefined): Check {
  const found = version?.split('\n')[0];
  if (found) return ok('nvidia driver', found);
  return warning(
    'nvidia driver',
    'not loaded: /proc/driver/nvidia is not found',
    "Install NVIDIA's driver on the host.",
  );
}

function checkDriverLibrary(listed: string): Check {
  const [name, use] = ['libcuda.so', "the driver's library"];
  const found = /^\s*libcuda\.so\S*.*=> (\S+)/m.exec(listed)?.[1];
  if (found !== undefined) return ok(name, `${found} (${use})`);
  return warning(name, `not found (${use})`, "Install NVIDIA's driver; in a container, start it with --gpus.");
}
