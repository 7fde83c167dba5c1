/** The process of a job, where none can be made. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../kernels/addon.ts';

/** Takes all file descriptors that there are, and starts a job. */
const START = `
  import { openSync } from 'node:fs';
  import { ChildJob } from './services/jobs/child-job.ts';
  import { JobLog } from './services/jobs/job-log.ts';
  import { parseJob } from './services/jobs/messages.ts';
  const work = parseJob({ kind: 'training', id: 'one', preset: 'tiny', data: '/photos' });
  const log = new JobLog(process.env.AUSPEX_TEST_LOG, { job: 'one', attempt: 1, onWarning: () => undefined });
  try {
    for (;;) openSync('/dev/null');
  } catch {}
  const child = new ChildJob(work, ['train'], { log, onEvent: () => undefined });
  console.log(JSON.stringify(await child.ended));`;

describe('process of a job', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-child-'));
  after(() => rmSync(folder, { recursive: true }));

  it('has crashed where there is no file descriptor left to make one', () => {
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', START];
    const { stdout, stderr } = spawnSync('sh', ['-c', 'ulimit -n 200; exec "$@"', 'sh', ...node], {
      cwd: packageRoot,
      env: { ...process.env, AUSPEX_TEST_LOG: path.join(folder, 'log.jsonl') },
      encoding: 'utf8',
    });
    assert.match(stdout, /^\{"kind":"failed","code":"CHILD_CRASHED","message":"spawn .* EMFILE"\}$/m, stderr);
  });
});
