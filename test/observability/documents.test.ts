/** The dashboard, the alerts and the page in docs/ against the metrics that there are. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { type AllMetrics, allMetrics, tableRow } from './all-metrics.ts';
import { checkWithPromtool, whyNoPromtool } from './prometheus.ts';

const root = path.join(import.meta.dirname, '..', '..');
const alertsFile = path.join(root, 'deploy', 'prometheus-alerts.yml');
const alertsSchema = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});
const panelSchema = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(z.object({ expr: z.string() })).default([]),
});
const dashboardSchema = z.object({ uid: z.string(), schemaVersion: z.number(), panels: z.array(panelSchema) });

const dashboard = dashboardSchema.parse(
  JSON.parse(readFileSync(path.join(root, 'deploy/grafana/auspex.json'), 'utf8')),
);
const alerts = alertsSchema.parse(parse(readFileSync(alertsFile, 'utf8'))).groups.flatMap(({ rules }) => rules);
const page = readFileSync(path.join(root, 'docs', 'observability.md'), 'utf8');

/** Metrics of ours in a text, without what histograms add to their names. */
function namesIn(text: string, known: AllMetrics): string[] {
  return [...text.matchAll(/\bauspex_[a-z0-9_]+/g)].map(([name]) => {
    const family = name.replace(/_(bucket|sum|count)$/, '');
    return known.own.some((metric) => metric.name === family && metric.type === 'histogram') ? family : name;
  });
}

describe('what reads metrics', () => {
  let known: AllMetrics;
  const isKnown = (name: string) => known.own.some((metric) => metric.name === name) || known.process.includes(name);
  before(async () => {
    known = await allMetrics();
  });

  it('names metrics and labels that there are', () => {
    const expressions = dashboard.panels.flatMap(({ targets }) => targets).map(({ expr }) => expr);
    const queries = [...expressions, ...alerts.map(({ expr }) => expr)];
    assert.ok(queries.length > 40, `${queries.length} queries`);
    for (const query of queries) {
      const names = namesIn(query, known);
      assert.ok(names.length > 0, `asks for no metric: ${query}`);
      assert.deepEqual(
        names.filter((name) => !isKnown(name)),
        [],
        query,
      );
      for (const [, name, selectors] of query.matchAll(/(auspex_[a-z0-9_]+)\{([^}]*)\}/g)) {
        const [family] = namesIn(name!, known);
        const labels = known.own.find((metric) => metric.name === family)?.labels ?? [];
        const used = [...selectors!.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!);
        assert.deepEqual(
          used.filter((label) => label !== 'instance' && !labels.includes(label)),
          [],
          query,
        );
      }
    }
  });

  it('leaves none of our metrics out of the dashboard', () => {
    const shown = new Set(namesIn(JSON.stringify(dashboard.panels), known));
    assert.deepEqual(
      known.own.map(({ name }) => name).filter((name) => !shown.has(name)),
      [],
    );
  });

  it('has panels in groups, none over another', () => {
    const groups = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    assert.deepEqual(groups, ['Jobs', 'Training', 'Data', 'System', 'API']);
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    for (const [i, { title, gridPos: one }] of dashboard.panels.entries()) {
      assert.ok(one.x + one.w <= 24, title);
      for (const { title: other, gridPos: two } of dashboard.panels.slice(i + 1)) {
        const apart =
          one.x + one.w <= two.x || two.x + two.w <= one.x || one.y + one.h <= two.y || two.y + two.h <= one.y;
        assert.ok(apart, `${title} and ${other}`);
      }
    }
  });

  it('is alerts and queries that Prometheus takes', function () {
    if (whyNoPromtool()) this.skip();
    assert.equal(checkWithPromtool(['check', 'rules', alertsFile]), '');
    const queries = dashboard.panels.flatMap(({ targets }) => targets).map(({ expr }) => expr);
    const rules = queries.map((expr, i) => ({ record: `query_${i}`, expr: expr.replaceAll('$__rate_interval', '5m') }));
    const folder = mkdtempSync(path.join(tmpdir(), 'auspex-queries-'));
    const file = path.join(folder, 'queries.yml');
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
    assert.equal(checkWithPromtool(['check', 'rules', file]), '');
    rmSync(folder, { recursive: true });
  });
});

describe('docs/observability.md', () => {
  it('has every metric as the registry has it, and no other', async () => {
    const { own } = await allMetrics();
    const rows = page.split('\n').filter((line) => line.startsWith('| `auspex_'));
    assert.deepEqual(rows.toSorted(), own.map(tableRow).toSorted());
  });

  it('says what to do about every alert', () => {
    const listed = [...page.matchAll(/^\| `(Auspex\w+)`/gm)].map(([, name]) => name);
    assert.deepEqual(
      listed,
      alerts.map(({ alert }) => alert),
    );
  });
});
