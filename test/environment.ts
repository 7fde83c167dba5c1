/**
 * Loaded before all tests: what they start inherits nothing that would change what it says or costs.
 *
 * Coverage counts the processes that tests run in. Hundreds of others that they start would each write some MB as they end, and reading
 * that together takes longer than many a test. Colour is for whoever reads the tests' own report.
 */
import { createRequire } from 'node:module';

/** In which a process of tests that is told to end writes its coverage, tens of MB; the usual second cuts the file off. */
const END_MILLISECONDS = 60_000;

const startsWorkers = process.argv.includes('--parallel') && process.env['MOCHA_WORKER_ID'] === undefined;
if (startsWorkers) giveTimeToEnd();
else delete process.env['NODE_V8_COVERAGE'];
delete process.env['FORCE_COLOR'];

function giveTimeToEnd(): void {
  const ofMocha = createRequire(createRequire(import.meta.url).resolve('mocha'));
  const workerpool = ofMocha('workerpool') as { pool(script: string, options: object): object };
  const { pool } = workerpool;
  workerpool.pool = (script, options) => pool(script, { ...options, workerTerminateTimeout: END_MILLISECONDS });
}
