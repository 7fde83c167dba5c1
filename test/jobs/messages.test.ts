/** Jobs as messages: both forms, and everything that is none. */
import assert from 'node:assert/strict';
import { auspex } from '#protos/auspex.js';
import { digestOfJob, type Job, type Work } from '../../services/jobs/job.ts';
import {
  type BadJob,
  decodeJob,
  encodeJob,
  isBadJob,
  keyOf,
  MAXIMUM_BODY_BYTES,
  parseJob,
} from '../../services/jobs/messages.ts';
import { uniform } from '../random.ts';

const json = (value: unknown) => new Uint8Array(Buffer.from(JSON.stringify(value)));
const decode = (key: string | null, value: Uint8Array, headers = {}) =>
  decodeJob({ key: key === null ? null : keyOf(key), value, headers });

function good(job: Job | BadJob): Job {
  if (isBadJob(job)) assert.fail(`${job.code}: ${job.message}`);
  return job;
}

function bad(job: Job | BadJob): BadJob {
  if (!isBadJob(job)) assert.fail(`this is a job: ${JSON.stringify(job)}`);
  return job;
}

/** JSON with lists within lists, deeper than the stack reaches. */
function deep(start: string): Uint8Array {
  const depth = 6000;
  return Buffer.from(`${start}${'['.repeat(depth)}${']'.repeat(depth)}}`);
}

const training = {
  kind: 'training',
  id: 'a.training_1-x',
  preset: 'tiny',
  config: '/roots/tiny.yaml',
  data: '/roots/photos',
  set: { 'training.iterations': 12, 'training.precision': 'fp32', 'crops.blur': { probability: 0 } },
  ranks: 2,
} as const;
const evaluation = {
  kind: 'evaluation',
  id: 'measure',
  checkpoint: '/out/run',
  data: '/roots/photos',
  protocol: 'knn',
  options: { k: 5, temperature: 0.1, size: 64, database: '/roots/others' },
} as const;

const benchmark = {
  kind: 'evaluation',
  id: 'probe',
  checkpoint: '/out/run',
  data: '/roots/photos',
  protocol: 'linear-probe',
  set: { epochs: 3, layers: ['pool', 'res4'], learningRate: '0.1' },
  dataset: 'digits',
  untrained: true,
} as const;

/** The benchmark, told from the older evaluation of this name by what only benchmarks have. */
const plainKnn = {
  kind: 'evaluation',
  id: 'votes',
  checkpoint: '/out/run',
  data: '/roots/photos',
  protocol: 'knn',
  set: {},
} as const;

describe('messages of jobs', () => {
  it('are the same job in protobuf and in JSON, with the same digest', () => {
    for (const input of [training, evaluation, benchmark, plainKnn]) {
      const fromJson = good(decode(input.id, json({ schema: 1, ...input }))) as Work;
      const fromProtobuf = good(decode(input.id, encodeJob(fromJson))) as Work;
      assert.deepEqual(fromProtobuf, fromJson);
      assert.equal(digestOfJob(fromProtobuf), digestOfJob(fromJson));
    }
    const cancellation = good(decode('x', json({ schema: 1, kind: 'cancellation', job: 'x' })));
    assert.deepEqual(good(decode('x', encodeJob(cancellation))), cancellation);
  });

  it('have texts and other values of --set as YAML, and defaults where nothing is given', () => {
    const job = good(decode(training.id, json({ schema: 1, ...training })));
    assert.deepEqual(job, {
      ...training,
      ranks: '2',
      set: { 'training.iterations': '12', 'training.precision': 'fp32', 'crops.blur': '{"probability":0}' },
    });
    const { options: _, ...plain } = evaluation;
    const measured = good(decode('measure', json({ schema: 1, ...plain, protocol: 'features' })));
    assert.deepEqual('options' in measured && measured.options, { layer: 'pool', size: 224, batch: 32 });
  });

  it('ask for a benchmark with its options as YAML, or as before for a folder', () => {
    const probe = good(decode('probe', json({ schema: 1, ...benchmark })));
    const set = { epochs: '3', layers: '["pool","res4"]', learningRate: '0.1' };
    assert.deepEqual(probe, { ...benchmark, set });
    assert.deepEqual(good(decode('votes', json({ schema: 1, ...plainKnn }))), { ...plainKnn, untrained: false });
    const { set: _, ...older } = plainKnn;
    const found = good(decode('votes', json({ schema: 1, ...older })));
    assert.deepEqual(found, { ...older, options: { layer: 'pool', size: 224, batch: 32 } });
  });

  it('have a digest that any difference changes, and the order of keys does not', () => {
    const digest = (value: object) =>
      digestOfJob(good(decode(training.id, json({ schema: 1, ...training, ...value }))) as Work);
    const { set, ...rest } = training;
    const reversed = Object.fromEntries(Object.entries(set).reverse());
    const turned = good(decode(training.id, json({ set: reversed, ...rest, schema: 1 }))) as Work;
    assert.equal(digestOfJob(turned), digest({}));
    const others = [
      { preset: 'quickstart' },
      { set: {} },
      { ranks: 3 },
      { data: '/roots/photo' },
      { config: undefined },
    ];
    assert.equal(new Set([digest({}), ...others.map(digest)]).size, others.length + 1);
  });

  it('take a header for JSON that begins with a space, in whatever case', () => {
    const value = new Uint8Array(Buffer.from(` ${JSON.stringify({ schema: 1, ...training })}`));
    good(decode(training.id, value, { 'Content-Type': 'Application/JSON; charset=utf-8' }));
    assert.equal(bad(decode(training.id, value)).code, 'NOT_A_JOB');
  });

  const wrong: [why: string, code: string, key: string | null, value: Uint8Array, text: RegExp, id?: string][] = [
    ['no body', 'EMPTY_BODY', 'a', new Uint8Array(), /no body/, 'a'],
    ['too much', 'BODY_TOO_LARGE', 'a', new Uint8Array(MAXIMUM_BODY_BYTES + 1), /262144 are allowed/, 'a'],
    ['broken JSON', 'NOT_A_JOB', 'a', Buffer.from('{"schema": 1,'), /neither/, 'a'],
    ['JSON that is not UTF-8', 'NOT_A_JOB', 'a', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), /neither/, 'a'],
    ['JSON far too deep', 'NOT_A_JOB', 'a', Buffer.from(`{"a":${'['.repeat(200_000)}`), /neither/, 'a'],
    ['neither form', 'NOT_A_JOB', 'a', Buffer.from('hello'), /neither/, 'a'],
    ['an empty protobuf', 'NOT_A_JOB', 'a', Buffer.from([0x12, 0x01, 0x61]), /no schema version/, 'a'],
    [
      'a newer schema',
      'UNKNOWN_JOB_SCHEMA',
      'a',
      json({ schema: 2, kind: 'training', id: 'a' }),
      /schema 2; .* knows 1/,
      'a',
    ],
    ['no schema', 'UNKNOWN_JOB_SCHEMA', 'a', json({ kind: 'training', id: 'a' }), /no field schema/, 'a'],
    [
      'a newer protobuf',
      'UNKNOWN_JOB_SCHEMA',
      'a',
      auspex.v1.Job.encode({ schema: 7, id: 'a' }).finish(),
      /schema 7/,
      'a',
    ],
    [
      'an unknown kind',
      'UNKNOWN_KIND',
      'k',
      json({ schema: 1, kind: 'dance', id: 'a' }),
      /"dance"; possible are training/,
      'a',
    ],
    [
      'a protobuf without work',
      'UNKNOWN_KIND',
      'a',
      auspex.v1.Job.encode({ schema: 1, id: 'a' }).finish(),
      /kind is none/,
      'a',
    ],
    ['a schema far too deep', 'UNKNOWN_JOB_SCHEMA', 'a', deep('{"schema":'), /schema a list; .* knows 1/, 'a'],
    ['a kind far too deep', 'UNKNOWN_KIND', 'a', deep('{"schema":1,"kind":'), /kind is a list; possible/, 'a'],
    [
      'options that hold themselves',
      'INVALID_JOB',
      'probe',
      json({ schema: 1, ...benchmark, set: { a: '&x {b: *x}', ' a': '&y {b: *y}' } }),
      /\*x lies within what it stands for/,
      'probe',
    ],
    ['an unknown key', 'INVALID_JOB', 'a', json({ schema: 1, kind: 'training', id: 'a', pace: 1 }), /pace/, 'a'],
    ['no id', 'INVALID_JOB', 'a', json({ schema: 1, kind: 'training' }), /id/, 'a'],
    ['an id that leads out', 'INVALID_JOB', '..', json({ schema: 1, kind: 'training', id: '..' }), /id: must be/],
    ['an id with a slash', 'INVALID_JOB', 'a/b', json({ schema: 1, kind: 'training', id: 'a/b' }), /id: must be/],
    ['a long id', 'INVALID_JOB', 'a', json({ schema: 1, kind: 'training', id: 'a'.repeat(101) }), /id: must be/, 'a'],
    [
      'a NUL in a path',
      'INVALID_JOB',
      'a',
      json({ schema: 1, kind: 'training', id: 'a', data: '/x\0y' }),
      /data: .*NUL/,
      'a',
    ],
    [
      'ranks that are none',
      'INVALID_JOB',
      'a',
      json({ schema: 1, kind: 'training', id: 'a', ranks: '3..2' }),
      /ranks/,
      'a',
    ],
    [
      'an unknown protocol',
      'INVALID_JOB',
      'measure',
      json({ schema: 1, ...evaluation, protocol: 'svm' }),
      /protocol/,
      'measure',
    ],
    [
      'an option out of range',
      'INVALID_JOB',
      'measure',
      json({ schema: 1, ...evaluation, options: { k: 0 } }),
      /options\.k/,
      'measure',
    ],
    [
      'an option that a benchmark does not have',
      'INVALID_JOB',
      'probe',
      json({ schema: 1, ...benchmark, set: { epoch: 3 } }),
      /epoch: no such option \(did you mean epochs\)/,
      'probe',
    ],
    [
      'an option of the other protocol',
      'INVALID_JOB',
      'measure',
      json({ schema: 1, ...evaluation, protocol: 'features' }),
      /options\.k: has a meaning for knn only/,
      'measure',
    ],
    [
      'another key',
      'WRONG_KEY',
      'b',
      json({ schema: 1, ...training }),
      /key "b"; .* a\.training_1-x/,
      'a.training_1-x',
    ],
    ['no key', 'WRONG_KEY', null, json({ schema: 1, ...training }), /no key/, 'a.training_1-x'],
    [
      'a cancellation without key',
      'WRONG_KEY',
      null,
      json({ schema: 1, kind: 'cancellation', job: 'x' }),
      /no key/,
      'x',
    ],
    ['a cancellation under no id', 'WRONG_KEY', '/', json({ schema: 1, kind: 'cancellation', job: 'x' }), /"\/"/, 'x'],
  ];
  for (const [why, code, key, value, text, id] of wrong) {
    it(`are rejected for ${why}: ${code}`, () => {
      const found = bad(decode(key, value));
      assert.equal(found.code, code);
      assert.match(found.message, text);
      assert.equal(found.id, id);
    });
  }

  it('never throw, whatever the bytes', () => {
    const seed = 11;
    const random = uniform(seed);
    const start = encodeJob(good(decode(training.id, json({ schema: 1, ...training }))));
    for (let i = 0; i < 3000; i++) {
      const bytes = i % 2 === 0 ? Uint8Array.from(start) : new Uint8Array(1 + Math.floor(random() * 200));
      const changes = i % 2 === 0 ? 3 : bytes.length;
      for (let n = 0; n < changes; n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const found = decode(training.id, bytes);
      assert.ok(isBadJob(found) || found.kind === 'training', `seed ${seed}, message ${i}`);
    }
  });

  it('may lack schema and id where a person writes them', () => {
    const { id: _, ...rest } = training;
    const job = good(parseJob(rest, 'given'));
    assert.equal(job.id, 'given');
    assert.equal(good(parseJob(training, undefined)).id, training.id);
    assert.equal(good(parseJob({ kind: 'cancellation', job: 'x' }, undefined)).kind, 'cancellation');
    assert.equal(bad(parseJob(['training'], 'x')).code, 'NOT_A_JOB');
    assert.equal(bad(parseJob({ ...training, kind: 'dance' }, undefined)).code, 'UNKNOWN_KIND');
  });
});
