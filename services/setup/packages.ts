/** What the set-up of TensorFlow fetches: wheels from PyPI and the binding's package from npm, of pinned versions. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { BINDING_PACKAGE, BINDING_VERSION, type Build, TENSORFLOW_VERSION } from '../../kernels/tensorflow/place.ts';
import { SetupError } from './errors.ts';
import { runTool, tailOf } from './run-tool.ts';

/** Of the package's archive, as npm publishes it. */
export const BINDING_INTEGRITY =
  'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==';

/** The libraries of CUDA that this version of TensorFlow's wheel names under `and-cuda`. */
const CUDA_WHEELS = [
  'nvidia-cublas-cu12==12.5.3.2',
  'nvidia-cuda-cupti-cu12==12.5.82',
  'nvidia-cuda-nvcc-cu12==12.5.82',
  'nvidia-cuda-nvrtc-cu12==12.5.82',
  'nvidia-cuda-runtime-cu12==12.5.82',
  'nvidia-cudnn-cu12==9.3.0.75',
  'nvidia-cufft-cu12==11.2.3.61',
  'nvidia-curand-cu12==10.3.6.82',
  'nvidia-cusolver-cu12==11.6.3.83',
  'nvidia-cusparse-cu12==12.5.1.3',
  'nvidia-nccl-cu12==2.21.5',
  'nvidia-nvjitlink-cu12==12.5.82',
];

export function wheelsOf(build: Build): readonly string[] {
  return build === 'cpu'
    ? [`tensorflow-cpu==${TENSORFLOW_VERSION}`]
    : [`tensorflow==${TENSORFLOW_VERSION}`, ...CUDA_WHEELS];
}

/** libtensorflow does not care which Python its wheel is for, so one is taken that there is a wheel for. */
const WHEEL_TAGS = [
  ...['--only-binary', ':all:', '--no-deps'],
  ...['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none'],
  ...['--platform', 'manylinux_2_17_x86_64', '--platform', 'manylinux2014_x86_64', '--platform', 'manylinux1_x86_64'],
];

/** @returns the wheel's file. @throws SetupError SETUP_FETCH_FAILED */
export async function fetchWheel(requirement: string, folder: string): Promise<string> {
  const before = new Set(readdirSync(folder));
  const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', ...WHEEL_TAGS];
  const { status, output } = await runTool('python3', [...args, '--dest', folder, requirement]);
  const fetched = readdirSync(folder).find((name) => !before.has(name) && name.endsWith('.whl'));
  if (status === 0 && fetched) {
    const version = requirement.split('==')[1]!;
    if (fetched.includes(`-${version}-`)) return path.join(folder, fetched);
    throw new SetupError('SETUP_FETCH_FAILED', `pip brought ${fetched} where ${requirement} was asked for.`);
  }
  throw new SetupError(
    'SETUP_FETCH_FAILED',
    `${requirement} could not be fetched from the Python package index (pip download ended with ${status}: ` +
      `${tailOf(output)}). Check the connection and the free disk space, then run the set-up again.`,
  );
}

interface PackedPackage {
  readonly filename: string;
  readonly integrity: string;
}

/** @returns the archive, of the expected content. @throws SetupError SETUP_FETCH_FAILED */
export async function fetchBinding(folder: string): Promise<string> {
  const wanted = `${BINDING_PACKAGE}@${BINDING_VERSION}`;
  const args = ['pack', wanted, '--ignore-scripts', '--json', '--pack-destination', folder];
  const { status, stdout, output } = await runTool('npm', args);
  if (status !== 0) {
    throw new SetupError(
      'SETUP_FETCH_FAILED',
      `${wanted} could not be fetched from npm (npm pack ended with ${status}: ${tailOf(output)}). Check the connection, then run the set-up again.`,
    );
  }
  const [packed] = JSON.parse(stdout) as PackedPackage[];
  if (packed!.integrity !== BINDING_INTEGRITY) {
    throw new SetupError(
      'SETUP_FETCH_FAILED',
      `${wanted} from npm has the checksum ${packed!.integrity} instead of ${BINDING_INTEGRITY}: it is not the published package.`,
    );
  }
  // Older npm names a file of a scoped package otherwise than it is called.
  return path.join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!);
}
