/** What training on GPUs (`training.device: gpu`) needs, and what of it is there. */
import { askForGpu, type GpuAnswer } from '../../kernels/tensorflow/ask-for-gpu.ts';
import { type Build, TENSORFLOW_VERSION, type TensorFlowPlace } from '../../kernels/tensorflow/place.ts';
import { type Check, ok, type ReadFile, type Run, warning } from './check.ts';
import { checkCollectives } from './collectives.ts';

/** A set-up of TensorFlow; undefined where there is none. */
export type FindSetUp = (build: Build) => TensorFlowPlace | undefined;

/** What TensorFlow's build for GPUs has code for, and the oldest driver that its CUDA takes. */
const CAPABILITIES = { oldest: 6, newest: 9 } as const;
const OLDEST_DRIVER = [525, 60] as const;

/** @param ask asks the binding of a set-up whether it sees a GPU */
export function checkGpu(run: Run, read: ReadFile, findSetUp: FindSetUp, ask = askForGpu): Check[] {
  const [gpu, cpu] = [findSetUp('gpu'), findSetUp('cpu')];
  return [
    checkSetUp('gpu', gpu, 'training.device=gpu'),
    ...(gpu ? [checkSeen(ask(gpu.module))] : []),
    checkSetUp('cpu', cpu, 'training.device=tensorflow-cpu'),
    ...checkCollectives(gpu, cpu, run),
    checkCards(
      run('nvidia-smi', ['--query-gpu=name,compute_cap,memory.total,driver_version', '--format=csv,noheader']),
    ),
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

function checkSeen(answer: GpuAnswer): Check {
  const name = 'tensorflow sees';
  switch (answer.kind) {
    case 'sees':
      return ok(name, 'a GPU');
    case 'seesNone': {
      const said = answer.why.length > 0 ? `It says: ${answer.why.join('; ')}. ` : '';
      const needed = `NVIDIA's driver (${OLDEST_DRIVER.join('.')} or newer) and its library libcuda.so`;
      return warning(name, 'no GPU', `${said}TensorFlow needs a card, ${needed}: see below.`);
    }
    case 'late': {
      const advice =
        'Run it again: a library that was read once is read faster. If that does not help, nvidia-smi says how the GPU is.';
      return warning(name, `not known: it did not answer in ${answer.seconds} s`, advice);
    }
    case 'ended': {
      const advice = "Run 'auspex setup tensorflow --gpu --force', which builds it again.";
      return warning(name, `not known: it could not be loaded (${answer.how})`, advice);
    }
  }
}

/** @param listed a line for each: name, compute capability, memory, driver */
function checkCards(listed: string | undefined): Check {
  const cards = listed?.split('\n').filter((line) => line.trim() !== '') ?? [];
  const name = 'nvidia-smi';
  if (cards.length === 0) {
    return warning(name, 'not found, or it sees no GPU', "A machine with an NVIDIA GPU and NVIDIA's driver.");
  }
  const { oldest, newest } = CAPABILITIES;
  const unfit = cards.some((card) => {
    const capability = Number(card.split(', ')[1]);
    return capability < oldest || capability >= newest + 1;
  });
  if (!unfit) return ok(name, cards.join('; '));
  const range = `compute capability ${oldest}.0 to ${newest}.x, the number after a card's name`;
  return warning(name, cards.join('; '), `TensorFlow ${TENSORFLOW_VERSION} has code for ${range}: take such a card.`);
}

function checkDriver(version: string | undefined): Check {
  const [name, oldest] = ['nvidia driver', OLDEST_DRIVER.join('.')];
  const found = version?.split('\n')[0];
  if (!found) {
    return warning(name, 'not loaded: /proc/driver/nvidia is not found', "Install NVIDIA's driver on the host.");
  }
  const [, major, minor] = /\s(\d+)\.(\d+)/.exec(found)?.map(Number) ?? [];
  const [oldestMajor, oldestMinor] = OLDEST_DRIVER;
  const isOld = major! < oldestMajor || (major === oldestMajor && minor! < oldestMinor);
  if (!isOld) return ok(name, found);
  return warning(
    name,
    found,
    `Install driver ${oldest} or newer on the host: TensorFlow's CUDA does not take an older one.`,
  );
}

function checkDriverLibrary(listed: string): Check {
  const [name, use] = ['libcuda.so', "the driver's library"];
  const found = /^\s*libcuda\.so\S*.*=> (\S+)/m.exec(listed)?.[1];
  if (found !== undefined) return ok(name, `${found} (${use})`);
  return warning(name, `not found (${use})`, "Install NVIDIA's driver; in a container, start it with --gpus.");
}
