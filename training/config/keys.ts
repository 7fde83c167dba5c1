/** The list of all configuration keys, taken from the schema: for `auspex config`, the docs and "did you mean". */
import * as z from 'zod';
import { configSchema } from './schema.ts';

export interface ConfigKey {
  /** `loss.temperature`; `[]` stands for every element of a list. */
  readonly path: string;
  /** `number, more than 0`, `"fp32" | "bf16"`, ... */
  readonly type: string;
  readonly description: string;
  readonly unit?: string;
  /** Absent where the key has none of its own (a section, a field of a list's elements). */
  readonly default?: unknown;
  readonly source?: string;
  /** Whether the key only holds others. */
  readonly section: boolean;
}

/** The parts of JSON Schema that zod makes of ours. */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly unit?: string;
  readonly source?: string;
}

/** Every key in the order of the schema, but a section's own keys before its subsections. */
export function configKeys(): ConfigKey[] {
  return keysOf(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, '');
}

function keysOf(schema: JsonSchema, prefix: string): ConfigKey[] {
  const nested = [schema, ...(schema.anyOf ?? [])].flatMap((alternative) => {
    if (alternative.properties) return Object.entries(alternative.properties).map(([name, key]) => ({ name, key }));
    return [];
  });
  nested.sort((one, other) => Number(isSection(one.key)) - Number(isSection(other.key)));
  const element = schema.items || undefined;
  const seen = new Set<string>();
  const keys = nested.flatMap(({ name, key }) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (seen.has(path)) return [];
    seen.add(path);
    return [describe(key, path), ...keysOf(key, path)];
  });
  return element ? [...keys, ...keysOf(element, `${prefix}[]`)] : keys;
}

/** Sections have keys of their own; a key whose value is an object has a source instead. */
function isSection(schema: JsonSchema): boolean {
  return schema.properties !== undefined && schema.source === undefined;
}

function describe(schema: JsonSchema, path: string): ConfigKey {
  const section = isSection(schema);
  return {
    path,
    type: typeText(schema),
    description: schema.description ?? '',
    section,
    ...(schema.unit === undefined ? {} : { unit: schema.unit }),
    ...(schema.default === undefined || section ? {} : { default: schema.default }),
    ...(schema.source === undefined ? {} : { source: schema.source }),
  };
}

function typeText(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map(typeText).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeText).join(', ')}]`;
  if (schema.type === 'array') return `list of ${schema.items ? typeText(schema.items) : 'values'}`;
  if (schema.type === 'object') return `{${Object.keys(schema.properties ?? {}).join(', ')}}`;
  if (schema.type === 'number' || schema.type === 'integer') return numberText(schema);
  if (schema.pattern) return 'size such as "4GiB"';
  return [schema.type ?? 'value'].flat().join(' | ');
}

function numberText({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const limits: string[] = [];
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) limits.push(`>= ${minimum}`);
  if (exclusiveMinimum !== undefined) limits.push(`> ${exclusiveMinimum}`);
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) limits.push(`<= ${maximum}`);
  if (exclusiveMaximum !== undefined) limits.push(`< ${exclusiveMaximum}`);
  return [type === 'integer' ? 'whole number' : 'number', ...limits].join(' ');
}
