/** When something is traced, and that spans arrive also where the work fails. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { currentTraceId, withSpan } from '../../services/observability/current-trace.ts';
import { JobSpans } from '../../services/observability/job-spans.ts';
import {
  formatTraceparent,
  NO_TRACING,
  parseTraceparent,
  type Span,
  type Tracing,
} from '../../services/observability/span.ts';
import { traceTarget } from '../../services/observability/tracing.ts';
import { command } from '../services/cli/built.ts';
import { startCollector } from './observed-server.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

/** Runs a command in a process of its own, which the collector of this one can answer meanwhile. */
async function run(args: readonly string[], environment: Record<string, string>) {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stdout.resume();
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

describe('tracing', function () {
  this.timeout(120_000);

  it('is off unless the environment asks for it', () => {
    const warnings: string[] = [];
    const target = (environment: Record<string, string>) => traceTarget(environment, (text) => warnings.push(text));
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    assert.equal(target({}), 'none');
    assert.equal(target(endpoint), 'otlp');
    assert.equal(target({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }), 'otlp');
    assert.equal(target({ OTEL_TRACES_EXPORTER: 'otlp' }), 'otlp');
    assert.equal(target({ OTEL_TRACES_EXPORTER: 'console', ...endpoint }), 'console');
    assert.equal(target({ OTEL_TRACES_EXPORTER: 'none', ...endpoint }), 'none');
    assert.equal(target({ OTEL_SDK_DISABLED: 'true', ...endpoint }), 'none');
    assert.deepEqual(warnings, []);
    assert.equal(target({ OTEL_TRACES_EXPORTER: 'zipkin' }), 'none');
    assert.match(warnings[0]!, /zipkin/);
    assert.equal(NO_TRACING.start('nothing').traceparent, undefined);
  });

  it('reads and writes W3C trace contexts, and nothing else', () => {
    assert.equal(formatTraceparent(parseTraceparent(PARENT)!), PARENT);
    const zero = '0'.repeat(32);
    for (const text of [undefined, '', 'x', PARENT.slice(1), PARENT.replace(TRACE, zero), `ff${PARENT.slice(2)}`]) {
      assert.equal(parseTraceparent(text), undefined, text);
    }
  });

  it('knows the trace of the present work, for logs', async () => {
    const span: Span = { traceparent: PARENT, set() {}, end() {} };
    assert.equal(currentTraceId(), undefined);
    await withSpan(span, async () => {
      await new Promise(setImmediate);
      assert.equal(currentTraceId(), TRACE);
    });
    assert.equal(currentTraceId(), undefined);
  });

  it('sends the spans of a command that fails, below the span that TRACEPARENT names', async () => {
    const collector = await startCollector();
    const out = mkdtempSync(path.join(tmpdir(), 'auspex-traced-'));
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, TRACEPARENT: PARENT };
    const data = path.join(out, 'nowhere');
    const { code } = await run(['train', '--preset', 'tiny', '--data', data, '--out', out], environment);
    assert.equal(code, 1);
    const [span] = collector.spans;
    assert.ok(span?.failed, 'the span does not say that it failed');
    assert.deepEqual([span.name, span.traceId, span.parent], ['training', TRACE, '00f067aa0ba902b7']);
    await collector.close();
    rmSync(out, { recursive: true });
  });

  it('ends with a warning where the collector does not answer', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const out = mkdtempSync(path.join(tmpdir(), 'auspex-traced-'));
    const args = ['train', '--preset', 'tiny', '--data', path.join(out, 'nowhere'), '--out', out];
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TIMEOUT: '60000' };
    const { code, stderr } = await run(args, environment);
    assert.equal(code, 1);
    assert.match(stderr, /warning: .*[Ss]pans c(?:an|ould) ?not be sent/);
    assert.match(stderr, /^error [A-Z_]+: /m);
    silent.closeAllConnections();
    silent.close();
    rmSync(out, { recursive: true });
  });

  it('goes on with the trace of a job that an earlier server took in', () => {
    const started: { name: string; parent: string | undefined }[] = [];
    const tracing: Tracing = {
      start(name, { parent } = {}) {
        started.push({ name, parent });
        return { traceparent: parent?.replace(/01$/, '00') ?? PARENT, set() {}, end() {} };
      },
      close: () => Promise.resolve(),
    };
    const kept = new JobSpans(tracing).accepted('a', {});
    assert.equal(kept, PARENT);
    const job = { id: 'a', attempts: 2, traceparent: kept } as Parameters<JobSpans['starting']>[0];
    assert.ok(new JobSpans(tracing).starting(job)['TRACEPARENT']?.includes(TRACE));
    assert.deepEqual(started.at(-1), { name: 'attempt', parent: PARENT });
  });
});
