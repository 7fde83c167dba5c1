/**
 * Which convolutions on maps in bf16 are quicker when they widen their maps to f32. Only where a processor multiplies bf16 without
 * tiles is this a question; there each shape is measured once, and the answers are kept in a file for this processor, so that another
 * run of the same training computes the same bits.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { messageOf } from '../errors.ts';

/** Shapes as the addon names them, and whether they widen. */
export type PrecisionChoices = Readonly<Record<string, boolean>>;

export interface ChoosingAddon {
  precisionChoices(): PrecisionChoices;
  addPrecisionChoices(choices: PrecisionChoices): void;
}

/** Of this processor and of what oneDNN may use of it. */
function fileOfChoices(): string {
  const cache = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  const machine = `${os.cpus()[0]?.model ?? 'unknown'} ${process.env['DNNL_MAX_CPU_ISA'] ?? ''}`;
  const name = createHash('sha256').update(machine).digest('hex').slice(0, 12);
  return path.join(cache, 'auspex', `precision-${name}.json`);
}

/** A file that is missing or damaged holds none: they are measured again. */
function keptChoices(): PrecisionChoices {
  try {
    const kept: unknown = JSON.parse(readFileSync(fileOfChoices(), 'utf8'));
    const entries = Object.entries(kept ?? {}).filter(([, widens]) => typeof widens === 'boolean');
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}

let numKnown = 0;

/** To be called before anything is compiled. */
export function restoreChoices(addon: ChoosingAddon): void {
  addon.addPrecisionChoices(keptChoices());
  numKnown = Object.keys(addon.precisionChoices()).length;
}

/**
 * To be called when something was measured or compiled; writes a file where something was measured.
 * @returns false if another process has kept other answers meanwhile: the first ones count, for this one, too
 */
export function keepChoices(addon: ChoosingAddon): boolean {
  const choices = addon.precisionChoices();
  const count = Object.keys(choices).length;
  if (count === numKnown) return true;
  numKnown = count;
  const kept = keptChoices();
  const agrees = Object.entries(kept).every(([shape, widens]) => (choices[shape] ?? widens) === widens);
  if (!agrees) addon.addPrecisionChoices(kept);
  const file = fileOfChoices();
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(temporary, `${JSON.stringify({ ...choices, ...kept }, undefined, 1)}\n`);
    renameSync(temporary, file);
  } catch (error) {
    const message = `${file} cannot be written (${messageOf(error)}): which precision is quicker is measured again next time.`;
    process.emitWarning(message, { code: 'AUSPEX_PRECISION_CHOICES' });
  }
  return agrees;
}
