/** What ranks on TensorFlow need to exchange: the library of operations beside a set-up, and NCCL. Asked in a process that may fail. */
import { addonFile } from '../../kernels/addon.ts';
import type { NcclHere } from '../../kernels/communicator.ts';
import { type Build, ncclOf, TENSORFLOW_VERSION, type TensorFlowPlace } from '../../kernels/tensorflow/place.ts';
import { type Check, ok, type Run, warning } from './check.ts';

/** What the process is asked. */
interface Question {
  readonly addon: string;
  readonly module: string | null;
  readonly operations: string | null;
  readonly nccl: string | null;
  readonly cudart: string | null;
}

/** What it answers. */
interface Answer {
  /** Whether the addon takes the library, beside the TensorFlow that it is for; else why not. Null if it was not asked. */
  readonly operations: 'there' | 'not there' | { readonly failed: string } | null;
  readonly nccl: NcclHere;
}

/** A communicator of one rank binds the library: it loads it, finds its function, and compares versions. */
const ASK = `
const question = JSON.parse(process.argv[1]);
const isFile = (file) => file !== null && require('node:fs').existsSync(file);
if (isFile(question.nccl)) process.env.AUSPEX_NCCL ??= question.nccl;
if (isFile(question.cudart)) process.env.AUSPEX_CUDART ??= question.cudart;
const addon = require(question.addon);
function operations() {
  if (question.operations === null) return null;
  if (!isFile(question.operations)) return 'not there';
  try {
    require(question.module);
    const communicator = new addon.NativeCommunicator('shared-memory', 0, 1, 0, 1, '127.0.0.1', 0, false);
    communicator.bind(question.operations, 0);
    communicator.close();
    return 'there';
  } catch (error) {
    return { failed: String(error.message ?? error).split('\\n')[0] };
  }
}
console.log('answer ' + JSON.stringify({ operations: operations(), nccl: addon.ncclHere() }));
`;

/** @returns undefined where the process ended in another way: the addon does not load, or a library took it along */
function ask(place: TensorFlowPlace | undefined, run: Run): Answer | undefined {
  const libraries = place?.build === 'gpu' ? ncclOf(place) : { nccl: null, cudart: null };
  const question: Question = {
    addon: addonFile,
    module: place?.module ?? null,
    operations: place?.operations ?? null,
    ...libraries,
  };
  const line = run(process.execPath, ['-e', ASK, JSON.stringify(question)])
    ?.split('\n')
    .find((text) => text.startsWith('answer '));
  return line === undefined ? undefined : (JSON.parse(line.slice('answer '.length)) as Answer);
}

/** @param gpu, cpu the set-ups, where there are some */
export function checkCollectives(
  gpu: TensorFlowPlace | undefined,
  cpu: TensorFlowPlace | undefined,
  run: Run,
): Check[] {
  const answer = ask(gpu, run);
  return [
    ...(gpu ? [checkOperations('gpu', gpu, answer)] : []),
    ...(cpu ? [checkOperations('cpu', cpu, ask(cpu, run))] : []),
    checkNccl(gpu, answer),
  ];
}

function checkOperations(build: Build, { operations }: TensorFlowPlace, answer: Answer | undefined): Check {
  const name = `operations ${build}`;
  const set = `auspex setup tensorflow${build === 'gpu' ? ' --gpu' : ''}`;
  const found = answer?.operations;
  if (found === 'there')
    return ok(name, `${operations} loads, and is for this Auspex and TensorFlow ${TENSORFLOW_VERSION}`);
  if (found === 'not there') {
    const why = 'not there for this Auspex: ranks on TensorFlow could not exchange';
    return warning(name, why, `Run '${set}', which builds them alone. Trainings on one rank need none.`);
  }
  const why = found ? `${operations} does not load: ${found.failed}` : `${operations} ended the process that loaded it`;
  return warning(name, why, `Run '${set} --force', which builds everything again.`);
}

function checkNccl(gpu: TensorFlowPlace | undefined, answer: Answer | undefined): Check {
  const advice = `${gpu ? '' : "'auspex setup tensorflow --gpu' brings both. "}Trainings on one GPU do not need it.`;
  if (!answer) return warning('nccl', 'not known: the process that was to load it ended', advice);
  const { nccl } = answer;
  if (!('missing' in nccl))
    return ok('nccl', `NCCL ${nccl.nccl} and the CUDA runtime load; GPUs that they see: ${nccl.gpus}`);
  const [found, ...install] = nccl.missing.split('; ');
  const sentence = install.join('; ');
  return warning('nccl', found!, `${sentence && `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}. `}${advice}`);
}
