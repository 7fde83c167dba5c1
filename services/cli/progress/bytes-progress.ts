/** A bar for each phase of work on bytes. */
import type { OnProgress, Progress } from '../../../checkpoints/progress.ts';
import { type CountProgress, createCountProgress } from './count-progress.ts';

const MEGABYTE = 1e6;
const UNITS: Readonly<Record<Progress['phase'], string>> = {
  verify: 'MB verified',
  read: 'MB read',
  write: 'MB written',
};

/** Shows progress while an action runs. */
export async function withProgress<T>(
  json: boolean | undefined,
  action: (onProgress: OnProgress) => Promise<T>,
): Promise<T> {
  let bar: CountProgress | undefined;
  let current: Progress['phase'] | undefined;
  const onProgress: OnProgress = ({ phase, done, total }) => {
    if (phase !== current) {
      bar?.stop();
      bar = createCountProgress(UNITS[phase], Math.ceil(total / MEGABYTE), json ?? false);
      current = phase;
    }
    bar?.update(Math.floor(done / MEGABYTE));
  };
  try {
    return await action(onProgress);
  } finally {
    bar?.stop();
  }
}
