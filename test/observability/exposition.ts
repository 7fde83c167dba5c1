/** Reads the text format of Prometheus, strictly. */
import assert from 'node:assert/strict';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposed {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The value of one series; undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const LINE = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[-+0-9.e]+)$/;

export function parseExposition(text: string): Exposed {
  assert.ok(text.endsWith('\n'), 'the last line has no end');
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const [, comment, about, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (comment === 'HELP') helps.add(about!);
    else if (comment === 'TYPE') types.set(about!, rest!);
    else {
      const match = LINE.exec(line);
      assert.ok(match, `no sample: ${line}`);
      const [, name, inner = '', value] = match;
      const family = types.has(name!) ? name! : name!.replace(/_(bucket|sum|count)$/, '');
      assert.ok(types.has(family) && helps.has(family), `a sample without TYPE and HELP: ${line}`);
      assert.ok(!seen.has(`${name}{${inner}}`), `twice: ${line}`);
      seen.add(`${name}{${inner}}`);
      samples.push({ name: name!, labels: labelsOf(inner), value: Number(value!.replace('Inf', 'Infinity')) });
    }
  }
  return {
    types,
    samples,
    value: (name, labels = {}) =>
      samples.find((sample) => {
        const own = Object.entries(labels);
        return sample.name === name && own.every(([label, value]) => sample.labels[label] === value);
      })?.value,
  };
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const rest = text.replace(/([a-z_]+)="((?:[^"\\]|\\.)*)",?/g, (_, name: string, value: string) => {
    labels[name] = value;
    return '';
  });
  assert.equal(rest, '', `labels that cannot be read: ${text}`);
  return labels;
}
