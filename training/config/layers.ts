/**
 * Where a configuration comes from: preset, file, `--set`, each overriding the ones before. Layers stay apart until
 * they are merged, so that an error can name the one that is at fault.
 */
import { readFileSync } from 'node:fs';
import { type Document, parseDocument, visit } from 'yaml';
import { messageOf } from '../../errors.ts';
import { ConfigError } from './errors.ts';
import { CONFIG_VERSION } from './schema.ts';

export type Mapping = { readonly [key: string]: unknown };

export interface ConfigLayer {
  /** As messages name it: the file's path, `preset tiny`, `--set`. */
  readonly origin: string;
  readonly values: Mapping;
}

/** Reads a YAML or JSON file. */
export function fileLayer(file: string): ConfigLayer {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError('CONFIG_UNREADABLE', `${file}: cannot be read (${messageOf(cause)})`, { cause });
  }
  const values = parseYaml(text, file) ?? {};
  if (!isMapping(values)) throw new ConfigError('CONFIG_SYNTAX', `${file}: must be a mapping of keys to values`);
  const version = values['configVersion'];
  if (typeof version === 'number' && version > CONFIG_VERSION) {
    throw new ConfigError(
      'CONFIG_TOO_NEW',
      `${file}: written by a newer Auspex (config version ${version}; this one reads up to ${CONFIG_VERSION}); update Auspex`,
    );
  }
  return { origin: file, values };
}

/** One layer per `key.path=value`; the value is YAML. */
export function assignmentLayer(assignment: string): ConfigLayer {
  const match = /^\s*([^=\s]+)\s*=(.*)$/s.exec(assignment);
  if (!match) {
    throw new ConfigError('CONFIG_SYNTAX', `--set ${assignment}: must be key=value, such as training.seed=1`);
  }
  const [, path, text] = match as unknown as [string, string, string];
  const origin = `--set ${assignment}`;
  let values = parseYaml(text, origin);
  for (const key of path.split('.').reverse()) values = { [key]: values };
  return { origin, values: values as Mapping };
}

function parseYaml(text: string, origin: string): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: true });
    const [error] = document.errors;
    if (error) throw error;
    requireFinite(document);
    return document.toJS();
  } catch (cause) {
    const [firstLine] = messageOf(cause).split('\n');
    throw new ConfigError('CONFIG_SYNTAX', `${origin}: not valid YAML: ${firstLine}`, { cause });
  }
}

/** A value that holds itself has no end. */
function requireFinite(document: Document): void {
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const target = alias.resolve(document);
      if (target && ancestors.includes(target)) throw new Error(`*${alias.source} lies within what it stands for`);
    },
  });
}

/** Keys of which a layer gives one or the other: giving one takes back the other's value from the layers below. */
const ALTERNATIVES = [['training', 'iterations', 'epochs'] as const];

export function mergeLayers(layers: readonly ConfigLayer[]): Mapping {
  return layers.reduce<Mapping>((below, { values }) => {
    const above = ALTERNATIVES.reduce(takeBackAlternative, values);
    return merge(below, above) as Mapping;
  }, {});
}

function takeBackAlternative(values: Mapping, [section, one, other]: readonly [string, string, string]): Mapping {
  const keys = values[section];
  if (!isMapping(keys)) return values;
  const gives = (key: string) => keys[key] !== undefined && keys[key] !== null;
  const left = gives(one) && !(other in keys) ? other : gives(other) && !(one in keys) ? one : undefined;
  return left ? { ...values, [section]: { ...keys, [left]: null } } : values;
}

/** Mappings are merged key by key, everything else replaced; a mapping of indexes changes elements of a list. */
function merge(below: unknown, above: unknown): unknown {
  if (!isMapping(above)) return above;
  if (
    Array.isArray(below) &&
    Object.keys(above).every((index) => /^\d+$/.test(index) && Number(index) < below.length)
  ) {
    return below.map((element, index) => (index in above ? merge(element, above[index]) : element));
  }
  if (!isMapping(below)) return above;
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above))
    merged.set(key, merged.has(key) ? merge(merged.get(key), value) : value);
  // fromEntries defines keys, so that "__proto__" stays a key and is reported as unknown
  return Object.fromEntries(merged);
}

/** The uppermost layer that gives this key, if any. */
export function originOf(layers: readonly ConfigLayer[], path: readonly PropertyKey[]): string | undefined {
  return layers.findLast(({ values }) => {
    let current: unknown = values;
    for (const key of path) {
      if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return false;
      current = (current as Record<PropertyKey, unknown>)[key];
    }
    return true;
  })?.origin;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
