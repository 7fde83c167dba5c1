/** A file that says what names the classes of a network go by, for classes of a test set. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import { EvaluationError } from '../errors.ts';

const aliasesSchema = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** @throws EvaluationError CLASSES_DIFFER where it is no JSON object of names by class */
export async function aliasesIn(file: string): Promise<z.infer<typeof aliasesSchema>> {
  try {
    return aliasesSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const what = `${file} is no JSON object of names by class: ${messageOf(cause)}`;
    throw new EvaluationError('CLASSES_DIFFER', what, { cause });
  }
}
