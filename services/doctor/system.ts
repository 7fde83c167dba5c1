/** The clock, and Python. */
import { type Check, ok, problem, type ReadFile } from './check.ts';

/** @param newest when the newest file of Auspex was written, in milliseconds since 1970 */
export function checkClock(now: number, newest: number, read: ReadFile): Check {
  const time = new Date(now).toISOString();
  if (now < newest) {
    const advice = 'Set the clock: TLS, S3 and the times of jobs depend on it.';
    return problem('clock', `${time} is before Auspex was installed (${new Date(newest).toISOString()})`, advice);
  }
  const isKept = read('/run/systemd/timesync/synchronized') !== undefined;
  return ok('clock', `${time}; ${isKept ? 'kept by systemd-timesyncd' : 'who keeps it cannot be seen from here'}`);
}

/** @param version of python3, undefined where there is none. @param hasPeers the benchmarks' environment is made */
export function checkPython(version: string | undefined, hasPeers: boolean): Check {
  const use = 'only building the addon and benchmarks need it';
  if (version === undefined) return ok('python', `python3 is not there; ${use}`);
  const peers = hasPeers ? "the benchmarks' peers are installed" : "the benchmarks' peers (PyTorch) are not installed";
  return ok('python', `${version}; ${peers}; ${use}`);
}
