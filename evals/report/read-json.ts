import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import { ReportError } from './errors.ts';

/** Of these formats there is one version so far. */
const FORMAT_VERSION = 1;

/**
 * Reads a JSON file whose format has a version.
 * @throws ReportError RESULT_VERSION; `invalid` for a file that cannot be read or that the schema refuses
 */
export async function readJson<T>(
  file: string,
  schema: z.ZodType<T>,
  invalid: 'RESULT_INVALID' | 'EXAMPLES_INVALID',
): Promise<T> {
  const refuse = (reason: string, cause?: unknown) => new ReportError(invalid, `${file}: ${reason}`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw refuse(
      cause instanceof SyntaxError
        ? `is no whole JSON (${messageOf(cause)}); run the evaluation again, or leave it out`
        : `cannot be read: ${messageOf(cause)}`,
      cause,
    );
  }
  const version = z.object({ formatVersion: z.number() }).safeParse(json).data?.formatVersion;
  if (version !== undefined && version !== FORMAT_VERSION) {
    throw new ReportError(
      'RESULT_VERSION',
      `${file} has format version ${version}, and this version reads ${FORMAT_VERSION}; ${version > FORMAT_VERSION ? 'update Auspex' : 'run the evaluation again'}.`,
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue!.path.length === 0 ? '' : `${issue!.path.join('.')}: `;
  throw refuse(`is not what an evaluation writes: ${place}${issue!.message}`, parsed.error);
}
