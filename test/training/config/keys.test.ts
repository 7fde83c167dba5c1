import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../../../training/config/config.ts';
import { configMarkdown } from '../../../training/config/document.ts';
import { configKeys } from '../../../training/config/keys.ts';

describe('configKeys', () => {
  const keys = new Map(configKeys().map((key) => [key.path, key]));

  it('describes a key with type, unit, default and source', () => {
    assert.deepEqual(keys.get('schedule.warmupIterations'), {
      path: 'schedule.warmupIterations',
      type: 'whole number >= 0',
      description: 'Length of the linear warm-up.',
      section: false,
      unit: 'iterations',
      default: 5500,
      source: 'SEER, Table 15',
    });
    assert.equal(keys.get('training.precision')?.type, '"auto" | "fp32" | "bf16" | "fp16"');
    assert.equal(keys.get('crops.groups[].scale')?.type, '[number >= 0 <= 1, number >= 0 <= 1]');
  });

  it('has every key of a loaded config, and a description of every key', () => {
    const paths = (value: unknown, prefix: string): string[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => {
            const full = prefix === '' ? key : `${prefix}.${key}`;
            return [full, ...paths(inner, full)];
          })
        : [];
    for (const name of paths(loadConfig({}), '')) assert.ok(keys.has(name), `${name} is not listed`);
    for (const key of keys.values()) assert.notEqual(key.description, '', `${key.path} has no description`);
  });

  it('gives every key with a default also a source', () => {
    for (const key of keys.values()) if (key.default !== undefined) assert.ok(key.source, key.path);
  });
});

describe('docs/configuration.md', () => {
  it('is what the schema says; `auspex config --markdown` writes it', () => {
    const file = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md');
    assert.equal(readFileSync(file, 'utf8'), configMarkdown());
  });
});
