/** What has to be true when the training has ended. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { StepRecord } from '../../training/run/records.ts';
import { readMetrics, readRun } from '../../training/run/run-folder.ts';
import { command } from '../services/cli/built.ts';
import { Namespaces } from './namespaces.ts';
import { processesMarked, zombiesOf } from './processes.ts';

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

function check(name: string, passed: boolean, detail: string): Check {
  return { name, passed, detail };
}

/** That a run's records are complete. */
export function checkRun(run: string, steps: number): Check[] {
  const status = readRun(run)?.status ?? 'missing';
  const recorded = stepsOf(run);
  const wrong = recorded.findIndex(({ step }, index) => step !== index + 1);
  const once = wrong < 0 && recorded.length === steps;
  const what =
    wrong < 0 ? `${recorded.length} of ${steps} steps` : `step ${recorded[wrong]!.step} in place ${wrong + 1}`;
  return [
    check('the run is complete', status === 'finished', status),
    check('metrics.jsonl holds each step once', once, what),
  ];
}

/** `auspex audit` proves that every image was trained on once per epoch. */
export function checkAudit(run: string): Check {
  const name = '`auspex audit` proves the run';
  try {
    const args = [command, 'audit', run, '--json'];
    const { verdict, numFindings } = JSON.parse(
      execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' }),
    );
    return check(name, verdict === 'proven', `${verdict}, ${numFindings} findings`);
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return check(name, false, `${stdout ?? ''}${stderr ?? ''}`.trim().slice(0, 2000) || (error as Error).message);
  }
}

/** Entries of /dev/shm, to compare before with after. */
export function sharedMemory(): string[] {
  return existsSync('/dev/shm') ? readdirSync('/dev/shm') : [];
}

/** Nothing outlives the training. @param before entries of /dev/shm */
export function checkLeftovers(mark: string, before: readonly string[]): Check[] {
  const processes = processesMarked(mark);
  const zombies = zombiesOf(process.pid);
  const shared = sharedMemory().filter((name) => !before.includes(name));
  const namespaces = Namespaces.left();
  const none = (what: string, left: readonly unknown[]) =>
    check(`no ${what} is left`, left.length === 0, left.length === 0 ? 'none' : left.join(', '));
  return [
    none('process', processes),
    none('zombie', zombies),
    none('entry of /dev/shm', shared),
    none('network namespace', namespaces),
  ];
}

/**
 * That losses are those of an undisturbed training: to the bit where seed and number of ranks are the same, else within what
 * seeds differ by.
 * @param same an undisturbed run of the same seed and number of ranks, or undefined where that varied
 * @param others undisturbed runs of other seeds
 */
export function checkLosses(run: string, same: string | undefined, others: readonly string[]): Check {
  const losses = lossesOf(run);
  if (same !== undefined) {
    const expected = lossesOf(same);
    const different = expected.findIndex((loss, index) => loss !== losses[index]);
    const detail =
      different < 0
        ? `all ${expected.length} to the bit`
        : `step ${different + 1}: ${losses[different]} and not ${expected[different]}`;
    return check('losses are those of an undisturbed run', different < 0, detail);
  }
  const ends = others.map((other) => meanOfLast(lossesOf(other)));
  const end = meanOfLast(losses);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const slack = Math.max(high - low, 0.02 * high);
  const passed = end >= low - slack && end <= high + slack;
  return check(
    'the loss ends within the spread of undisturbed runs',
    passed,
    `${end.toFixed(4)}, others ${low.toFixed(4)} to ${high.toFixed(4)}`,
  );
}

/** That the last checkpoints of two runs hold the same bytes. */
export function checkSameModel(run: string, same: string): Check {
  const sums = (folder: string) => {
    const latest = readFileSync(path.join(folder, 'checkpoints', 'latest'), 'utf8').trim();
    const lines = readFileSync(path.join(folder, 'checkpoints', latest, 'SHA256SUMS'), 'utf8')
      .trim()
      .split('\n');
    return lines.filter((line) => line.endsWith('.safetensors')).join('\n');
  };
  const equal = sums(run) === sums(same);
  return check('the model is that of an undisturbed run', equal, equal ? 'the same bytes' : 'other bytes');
}

function meanOfLast(losses: readonly number[], count = 50): number {
  const last = losses.slice(-count);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

function lossesOf(run: string): number[] {
  return stepsOf(run).map(({ loss }) => loss ?? Number.NaN);
}

function stepsOf(run: string): StepRecord[] {
  return readMetrics(run).filter((record): record is StepRecord => record.kind === 'step');
}
