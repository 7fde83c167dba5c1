/** What sections of the configuration are made of. */
import * as z from 'zod';

interface Documentation {
  readonly description: string;
  readonly unit?: string;
  /** Where the default comes from. */
  readonly source: string;
}

/** A documented key with a default. */
export function key<Schema extends z.ZodType>(schema: Schema, value: z.input<Schema>, meta: Documentation) {
  return schema.prefault(value).meta({ ...meta });
}

/** A documented group of keys. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, description: string) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .meta({ description });
}

export const share = z.number().min(0).max(1);
export const positive = z.number().positive();
export const count = z.int().min(1);
export const range = (schema: z.ZodNumber) => z.tuple([schema, schema]);
export const auto = z.literal('auto');

/** '4GiB', '512 MB' or a number of bytes. */
export const byteSize = z.union([
  z.int().min(1),
  z.string().regex(/^\d+(\.\d+)?\s*(B|[KMGT]i?B)$/i, 'Invalid size: write bytes as a number, or as 512MB or 4GiB'),
]);
