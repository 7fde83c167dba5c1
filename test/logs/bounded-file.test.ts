/** Logs that are kept below a size, and reading them while they are written. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BoundedFile, type Cut, olderFile } from '../../services/logs/bounded-file.ts';
import { readLog } from '../../services/logs/read-log.ts';

const MAXIMUM = 600;
const cutLine = (cut: Cut) => `${JSON.stringify({ msg: 'deleted', cut })}\n`;
const numbered = (n: number) => `${JSON.stringify({ msg: 'x'.repeat(50), n })}\n`;

describe('bounded log', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-log-'));
    file = path.join(folder, 'log.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const openFile = () => new BoundedFile(file, { maximumBytes: MAXIMUM, cutLine });

  async function readAll(): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of readLog(file)) lines.push(line);
    return lines;
  }

  it('says how much was deleted, over any number of turns and openings', async () => {
    const count = 200;
    let written = 0;
    for (let opened = 0; opened < 4; opened++) {
      const log = openFile();
      for (let i = 0; i < count / 4; i++) {
        const line = numbered(opened * (count / 4) + i);
        written += Buffer.byteLength(line);
        log.write(line);
      }
      log.close();
    }
    assert.ok(statSync(file).size <= MAXIMUM && statSync(olderFile(file)).size <= MAXIMUM);
    const lines = (await readAll()).map((line) => JSON.parse(line));
    const kept = lines.filter(({ n }) => n !== undefined).map(({ n }) => n);
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, i) => count - kept.length + i),
    );
    // Whatever is not there any more was counted: its lines, and those that told of earlier deletions.
    const told = lines.filter(({ cut }) => cut !== undefined);
    const { cut } = told.at(-1);
    assert.ok(cut.lines >= count - kept.length && cut.bytes > written / 2, JSON.stringify(cut));
    const keptBytes = kept.reduce((sum, n) => sum + Buffer.byteLength(numbered(n)), 0);
    assert.ok(cut.bytes >= written - keptBytes);
  });

  it('goes on after half a line, on a line of its own', async () => {
    writeFileSync(file, '{"half');
    const log = openFile();
    log.write('{"n":1}\n');
    log.write('{"n":2}\n');
    log.close();
    assert.deepEqual(await readAll(), ['{"half', '{"n":1}', '{"n":2}']);
  });

  it('does not follow a link in its place', () => {
    const elsewhere = path.join(folder, 'elsewhere');
    writeFileSync(elsewhere, 'mine');
    symlinkSync(elsewhere, file);
    assert.throws(openFile, { code: 'ELOOP' });
    assert.equal(readFileSync(elsewhere, 'utf8'), 'mine');
  });

  it('is followed over turns: every line once, in order, until the signal', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const count = 60;
    const following = (async () => {
      for await (const line of readLog(file, { follow: true, signal: stop.signal })) {
        const { n } = JSON.parse(line);
        if (n !== undefined) seen.push(n);
        if (n === count - 1) stop.abort();
      }
    })();
    assert.ok(!existsSync(file), 'it waits for the file');
    const log = openFile();
    for (let n = 0; n < count; n++) {
      log.write(numbered(n));
      // Not more than one turn between two looks.
      if (n % 5 === 4) while (seen.length <= n) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    log.close();
    await following;
    assert.deepEqual(
      seen,
      Array.from({ length: count }, (_, n) => n),
    );
  });

  it('is followed where a line comes in two parts', async () => {
    const stop = new AbortController();
    appendFileSync(file, '{"a":');
    const lines: string[] = [];
    const following = (async () => {
      for await (const line of readLog(file, { follow: true, signal: stop.signal })) {
        lines.push(line);
        stop.abort();
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 300));
    appendFileSync(file, '1}\n');
    await following;
    assert.deepEqual(lines, ['{"a":1}']);
  });
});
