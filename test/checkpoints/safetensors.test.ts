import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { CheckpointError } from '../../checkpoints/errors.ts';
import {
  openSafetensors,
  readSafetensors,
  type TensorSource,
  writeSafetensors,
} from '../../checkpoints/safetensors.ts';

const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, index) => (first + index) % 256);

const tensors = new Map<string, TensorSource>([
  ['stem.weight', { dtype: 'F32', shape: [2, 3], data: bytes(24) }],
  ['scalar', { dtype: 'I64', shape: [], data: bytes(8, 100) }],
  ['empty', { dtype: 'BF16', shape: [0, 4], data: new Uint8Array() }],
  ['late', { dtype: 'U8', shape: [5], data: async () => bytes(5, 200) }],
]);

/** tensor0, tensor1 and so on, of so many bytes. */
function tensorsOf(...lengths: number[]): Map<string, TensorSource> {
  return new Map(lengths.map((length, i) => [`tensor${i}`, { dtype: 'U8', shape: [length], data: bytes(length, i) }]));
}

describe('safetensors', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-safetensors-'));
    file = path.join(folder, 'model.safetensors');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Writes a file with this header and so many bytes of data. */
  function forge(header: unknown, dataBytes: number): void {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(file, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
  }

  function assertDamaged(message: RegExp): void {
    assert.throws(
      () => openSafetensors(file),
      (thrown: unknown) => {
        assert.ok(thrown instanceof CheckpointError, String(thrown));
        assert.equal(thrown.code, 'CHECKPOINT_DAMAGED');
        assert.ok(thrown.message.startsWith(`${file}: `), thrown.message);
        assert.match(thrown.message, message);
        return true;
      },
    );
  }

  it('reads back what it wrote: order, types, shapes, bytes, metadata', async () => {
    const written = await writeSafetensors(file, tensors, { framework: 'auspex' });
    const opened = openSafetensors(file);
    assert.deepEqual(opened.metadata, { framework: 'auspex' });
    assert.deepEqual([...opened.entries.keys()], [...tensors.keys()]);
    assert.deepEqual([...opened.tensor('stem.weight').data], [...bytes(24)]);
    assert.deepEqual(opened.tensor('scalar').shape, []);
    assert.deepEqual([...opened.tensor('late').data], [...bytes(5, 200)]);
    assert.equal(readSafetensors(file).get('empty')?.data.length, 0);
    assert.equal(written.bytes, readFileSync(file).length);
  });

  it('writes a large file past the cache, whatever its sizes: bytes and checksums', async () => {
    // Straight to the disk from 64 MiB on, in blocks that no tensor fits into.
    const large = tensorsOf(3, 20_000_001, 0, 48_000_001, 77);
    const written = await writeSafetensors(file, large);
    const whole = readFileSync(file);
    assert.equal(written.bytes, whole.byteLength);
    assert.ok(whole.byteLength > 64 * 2 ** 20 && whole.byteLength % 4096 !== 0, `${whole.byteLength} bytes`);
    assert.equal(written.sha256, createHash('sha256').update(whole).digest('hex'));
    const opened = openSafetensors(file);
    for (const [name, { data }] of large) {
      assert.equal(Buffer.compare(opened.tensor(name).data, data as Uint8Array), 0, name);
      assert.equal(
        written.tensors[name],
        crc32(data as Uint8Array)
          .toString(16)
          .padStart(8, '0'),
        name,
      );
    }
  });

  it('takes the checksum of a tensor that ends with a block of what is written', async () => {
    // A header of so many bytes that the first tensor fills a block of 4 MiB to its last byte.
    const block = 4 * 2 ** 20;
    await writeSafetensors(file, tensorsOf(block - 1000, 5000, 2 * block));
    const header = readFileSync(file).readUInt32LE(0) + 8;
    const tensors = tensorsOf(block - header, 5000, 2 * block);
    const written = await writeSafetensors(file, tensors);
    assert.equal(openSafetensors(file).entries.get('tensor1')!.begin, block);
    for (const [name, { data }] of tensors) {
      assert.equal(
        written.tensors[name],
        crc32(data as Uint8Array)
          .toString(16)
          .padStart(8, '0'),
        name,
      );
    }
  });

  it('begins the data at a multiple of 8, as the format asks', async () => {
    await writeSafetensors(file, tensors);
    assert.equal(openSafetensors(file).entries.get('stem.weight')!.begin % 8, 0);
  });

  it('reads what the format allows: padded headers, tensors in another order than their bytes', () => {
    const entry = (begin: number) => ({ dtype: 'U8', shape: [2], data_offsets: [begin, begin + 2] });
    forge(`${JSON.stringify({ second: entry(2), first: entry(0) })}     `, 4);
    assert.deepEqual([...openSafetensors(file).entries.keys()], ['second', 'first']);
  });

  it('a failed write leaves the earlier file and nothing else', async () => {
    await writeSafetensors(file, tensors);
    const before = readFileSync(file);
    const failing = new Map<string, TensorSource>([
      ['fine', { dtype: 'U8', shape: [3], data: bytes(3) }],
      ['wrong', { dtype: 'F32', shape: [3], data: bytes(3) }],
    ]);
    await assert.rejects(writeSafetensors(file, failing), /tensor wrong has 3 bytes; F32 \[3\] needs 12/);
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(readdirSync(folder), ['model.safetensors']);
  });

  it('names a missing tensor and a missing file', async () => {
    await writeSafetensors(file, tensors);
    assert.throws(() => openSafetensors(file).tensor('stem.bias'), {
      code: 'TENSOR_NOT_FOUND',
      message: /no tensor stem\.bias/,
    });
    assert.throws(() => openSafetensors(`${file}.not`), { code: 'CHECKPOINT_NOT_FOUND' });
  });

  it('refuses a file that was cut anywhere', async () => {
    await writeSafetensors(file, tensors);
    const whole = readFileSync(file);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      assertDamaged(/truncated|no header/);
    }
  });

  it('notices a file that shrinks after it was opened', async () => {
    await writeSafetensors(file, tensors);
    const opened = openSafetensors(file);
    truncateSync(file, readFileSync(file).length - 3);
    assert.throws(() => opened.tensor('late'), { code: 'CHECKPOINT_DAMAGED', message: /truncated/ });
  });

  const u8 = (begin: number, end: number, shape = [end - begin]) => ({
    dtype: 'U8',
    shape,
    data_offsets: [begin, end],
  });
  const forgeries: [string, unknown, number, RegExp][] = [
    ['a header that is not JSON', '{"a": ', 0, /not JSON/],
    ['a header that is no object', '[1, 2]', 0, /not an object/],
    ['overlapping tensors', { a: u8(0, 4), b: u8(2, 6) }, 6, /tensor b overlaps tensor a/],
    ['the same bytes twice', { a: u8(0, 4), b: u8(0, 4) }, 4, /overlaps/],
    ['a gap', { a: u8(0, 4), b: u8(6, 8) }, 8, /tensor b leaves a gap after tensor a/],
    ['bytes that belong to nothing', { a: u8(0, 4) }, 9, /5 bytes that belong to no tensor/],
    [
      'a shape that does not fit its bytes',
      { a: u8(0, 4, [5]) },
      4,
      /tensor a takes 4 bytes; U8 of shape \[5\] needs 5/,
    ],
    ['a negative shape', { a: u8(0, 4, [-2, -2]) }, 4, /impossible shape/],
    ['offsets that run backwards', { a: u8(4, 0, [1]) }, 4, /takes -4 bytes/],
    ['offsets that are none', { a: { ...u8(0, 4), data_offsets: [0] } }, 4, /impossible offsets/],
    ['an unknown type', { a: { ...u8(0, 4), dtype: 'F8' } }, 4, /unknown type "F8"/],
    ['a type from the prototype', { a: { ...u8(0, 4), dtype: 'constructor' } }, 4, /unknown type/],
    ['an entry that is none', { a: 3 }, 0, /tensor a is not described/],
    ['metadata that is no text', { __metadata__: { a: 1 } }, 0, /__metadata__/],
  ];
  for (const [what, header, dataBytes, message] of forgeries) {
    it(`refuses ${what}`, () => {
      forge(header, dataBytes);
      assertDamaged(message);
    });
  }

  it('refuses a header length that would take all memory, without allocating it', () => {
    for (const length of [2n ** 63n, 200_000_000n]) {
      const huge = Buffer.alloc(64);
      huge.writeBigUInt64LE(length);
      writeFileSync(file, huge);
      assertDamaged(/is no safetensors file/);
    }
  });
});
