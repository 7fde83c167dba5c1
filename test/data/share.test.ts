/** Ranks that each make a part of every batch come to the batches of one rank. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cropPolicy } from '../../data/crop-policy.ts';
import { digestOf } from '../../data/digest.ts';
import { openImageFolder } from '../../data/image-folder.ts';
import { type Batch, type LoaderOptions, openLoader } from '../../data/loader.ts';
import { shuffledOrder } from '../../data/order.ts';
import { positionsOfRows } from '../../data/replay.ts';
import { type FailedRow, type Share, type ShareRound, shareRows } from '../../data/share.ts';
import type { ImageSource } from '../../data/source.ts';
import { inTemporaryFolder, picture, writeJpegs } from './pictures.ts';

const batchSize = 12;
const groups = [
  { count: 2, size: 16, scale: [0.14, 1] },
  { count: 3, size: 8, scale: [0.05, 0.14] },
] as const;
const policy = cropPolicy({ groups });

type Options = Partial<LoaderOptions> & { readonly source: ImageSource };

/** Ranks that meet in memory: a round is agreed on when all have told theirs. */
function meeting(numRanks: number) {
  const rounds = new Map<string, { told: FailedRow[]; missing: number; meet: () => void; met: Promise<void> }>();
  const agree = async ({ batch, round, failed }: ShareRound): Promise<readonly FailedRow[]> => {
    const key = `${batch}/${round}`;
    if (!rounds.has(key)) {
      let meet = () => {};
      const met = new Promise<void>((resolve) => {
        meet = resolve;
      });
      rounds.set(key, { told: [], missing: numRanks, meet, met });
    }
    const here = rounds.get(key)!;
    // As it would come over a wire.
    here.told.push(...(JSON.parse(JSON.stringify(failed)) as FailedRow[]));
    if (--here.missing === 0) here.meet();
    await here.met;
    return [...here.told].sort((one, other) => one.row - other.row);
  };
  return { agree, rounds };
}

type Outcome = { readonly batches: Batch[]; readonly error?: { readonly code: string; readonly message: string } };

async function takeFrom(options: Options, count: number): Promise<Outcome> {
  const loader = openLoader({ policy, batchSize, seed: 11, maximumSkippedShare: 1, ...options });
  const batches: Batch[] = [];
  try {
    for (let i = 0; i < count; i++) batches.push(await loader.next());
    return { batches };
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return { batches, error: { code, message } };
  } finally {
    await loader.close();
  }
}

/** What every rank makes, and how many rounds they agreed on. */
async function takeOnRanks(options: Options, numRanks: number, count: number) {
  const { agree, rounds } = meeting(numRanks);
  const outcomes = await Promise.all(
    Array.from({ length: numRanks }, (_, rank) => {
      const share: Share = { ...shareRows(batchSize, rank, numRanks), agree };
      // Ranks need not have equally many threads.
      return takeFrom({ ...options, share, threads: 1 + (rank % 2) }, count);
    }),
  );
  return { outcomes, rounds: rounds.size };
}

/** The rows that ranks made, put together in the order of ranks, crop after crop. */
function joined(parts: readonly Batch[]): Batch {
  const crops = groups.map(({ count, size }, group) => {
    const rowBytes = size * size * 3;
    const whole = new Uint8Array(batchSize * count * rowBytes);
    const rows = batchSize / parts.length;
    for (const [rank, part] of parts.entries()) {
      for (let crop = 0; crop < count; crop++) {
        const own = part.crops[group]!.subarray(crop * rows * rowBytes, (crop + 1) * rows * rowBytes);
        whole.set(own, (crop * batchSize + rank * rows) * rowBytes);
      }
    }
    return whole;
  });
  return {
    ...parts[0]!,
    crops,
    images: parts.flatMap(({ images }) => images),
    names: parts.flatMap(({ names }) => names),
    epochs: parts.flatMap(({ epochs }) => epochs),
  };
}

/** 20 good images, a PNG that calls itself JPEG among them, and `numBad` bad ones: a batch of 12 is bound to meet several. */
async function writeMixed(folder: string, numBad: number): Promise<ImageSource> {
  await writeJpegs(folder, 19);
  await mkdir(path.join(folder, 'more'));
  await writeFile(path.join(folder, 'more', 'png.jpg'), await picture(40, 50, 3).png().toBuffer());
  for (let i = 0; i < numBad; i++) await writeFile(path.join(folder, 'more', `bad-${i}.jpg`), 'not a picture');
  return openImageFolder(folder);
}

describe('data: a share of each batch', () => {
  for (const numBad of [0, 14]) {
    it(`on 1, 2, 3 and 4 ranks the rows make up the batch of one, bit for bit, with ${numBad} bad images`, () =>
      inTemporaryFolder(async (folder) => {
        const source = await writeMixed(folder, numBad);
        const count = 7;
        const { batches: expected } = await takeFrom({ source }, count);
        assert(
          expected.some(({ epochs }) => new Set(epochs).size > 1),
          'a batch crosses an epoch',
        );
        for (const numRanks of [1, 2, 3, 4]) {
          const { outcomes, rounds } = await takeOnRanks({ source }, numRanks, count);
          for (const [i, batch] of expected.entries()) {
            const parts = outcomes.map(({ batches }) => batches[i]!);
            assert.deepEqual(joined(parts), batch, `batch ${i} on ${numRanks} ranks`);
            for (const { start, position, skipped } of parts) {
              assert.deepEqual([start, position, skipped], [batch.start, batch.position, batch.skipped]);
            }
          }
          // Batches that were made ahead have been agreed on as well.
          if (numBad === 0) assert.ok(rounds <= count + 3, `one round per batch, not ${rounds} for ${count}`);
        }
        if (numBad > 0) assertHardCases(expected);
      }));
  }

  /** The images above are of use only if these really occur. */
  function assertHardCases(batches: readonly Batch[]) {
    const replaced = ({ start, skipped }: Batch) => skipped.filter(({ position }) => position >= start[0]! + batchSize);
    assert(
      batches.some((batch) => batch.skipped.length - replaced(batch).length > 1),
      'several are bad in one round',
    );
    assert(
      batches.some((batch) => replaced(batch).length > 0),
      'a replacement is bad',
    );
    assert(
      batches.some(({ skipped }) => new Set(skipped.map(({ epoch }) => epoch)).size > 1),
      'bad ones lie on both sides of an epoch boundary',
    );
  }

  it('says at which position each skipped image had its turn, from which all rows can be computed again', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixed(folder, 14);
      const { batches } = await takeFrom({ source }, 6);
      const skipped = batches.flatMap((batch) => batch.skipped);
      const order = shuffledOrder(source.length, 11);
      assert(skipped.length > 10);
      for (const { position, index, epoch } of skipped) {
        assert.deepEqual(order.at(0, position), { epoch, index, lane: 0, ordinal: index });
      }
      for (const [i, { start, position, skipped: own, images, epochs }] of batches.entries()) {
        const rows = positionsOfRows(start[0]!, batchSize, new Set(own.map((image) => image.position)));
        assert.deepEqual([rows.end], position);
        const again = rows.positions.map((at) => order.at(0, at)).map(({ epoch, index }) => ({ epoch, index }));
        assert.deepEqual(
          again,
          images.map((index, row) => ({ epoch: epochs[row], index })),
        );
        assert.deepEqual(start, i === 0 ? [0] : batches[i - 1]!.position);
        assert.equal(position[0]! - start[0]!, batchSize + own.length);
      }
    }));

  for (const [code, numGood, limits] of [
    ['TOO_MANY_SKIPPED', 19, { maximumSkippedShare: 0.1, minimumImages: 10 }],
    ['NO_IMAGES', 0, {}],
  ] as const) {
    it(`all ranks end with ${code} at the same batch and with the same words`, () =>
      inTemporaryFolder(async (folder) => {
        if (numGood > 0) await writeJpegs(folder, numGood);
        for (let i = 0; i < 14; i++) await writeFile(path.join(folder, `bad-${i}.jpg`), 'not a picture');
        const source = await openImageFolder(folder);
        const expected = await takeFrom({ source, ...limits }, 20);
        assert.equal(expected.error?.code, code);
        for (const numRanks of [2, 3, 4]) {
          const { outcomes } = await takeOnRanks({ source, ...limits }, numRanks, 20);
          for (const { error, batches } of outcomes) {
            assert.deepEqual([error, batches.length], [expected.error, expected.batches.length]);
          }
        }
      }));
  }

  it('an image that only one rank cannot read is skipped on all', () =>
    inTemporaryFolder(async (folder) => {
      await writeJpegs(folder, 24);
      const files = await openImageFolder(folder);
      const { batches } = await takeFrom({ source: files }, 1);
      const lost = batches[0]!.images[10]!;
      const { agree } = meeting(2);
      const outcomes = await Promise.all(
        [0, 1].map((rank) => {
          const read = (i: number) => (rank === 1 && i === lost ? Promise.reject(new Error('gone')) : files.read(i));
          const source: ImageSource = { length: files.length, name: files.name, read };
          return takeFrom({ source, share: { ...shareRows(batchSize, rank, 2), agree } }, 1);
        }),
      );
      const [first, second] = outcomes.map((outcome) => outcome.batches[0]!);
      assert.deepEqual(first!.skipped, second!.skipped);
      assert.deepEqual(
        first!.skipped.map(({ index, message, position }) => [index, message, position]),
        [[lost, 'gone', 10]],
      );
      assert.deepEqual([first!.position, second!.position], [[13], [13]]);
    }));

  it('notices ranks that do not have the same images', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixed(folder, 14);
      const { agree } = meeting(2);
      const fewer: ImageSource = { length: source.length >> 1, name: source.name, read: source.read };
      const loaders = [source, fewer].map((own, rank) =>
        openLoader({
          source: own,
          policy,
          batchSize,
          seed: 11,
          maximumSkippedShare: 1,
          share: { ...shareRows(batchSize, rank, 2), agree },
        }),
      );
      // The other one waits for an answer, until whoever runs the ranks ends it.
      const first = Promise.race(loaders.map((loader) => loader.next()));
      await assert.rejects(first, { code: 'RANKS_DISAGREE', message: /row \d+ of batch 0/ });
      await Promise.all(loaders.map((loader) => loader.close()));
    }));

  it('notices a failure that got lost on the way', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixed(folder, 14);
      const { error } = await takeFrom({ source, share: { firstRow: 0, rows: 12, agree: async () => [] } }, 1);
      assert.equal(error?.code, 'RANKS_DISAGREE');
    }));

  it('passes on why ranks could not agree, and makes no more batches', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixed(folder, 0);
      let calls = 0;
      const agree = async () => {
        calls++;
        throw new Error('rank 3 is gone');
      };
      const loader = openLoader({ source, policy, batchSize, seed: 1, share: { firstRow: 0, rows: 6, agree } });
      await assert.rejects(loader.next(), /rank 3 is gone/);
      await assert.rejects(loader.next(), /rank 3 is gone/);
      assert.equal(calls, 1);
      await loader.close();
    }));

  it('closes while the other ranks are silent, and tells them by the signal', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixed(folder, 0);
      let signal: AbortSignal | undefined;
      let asked = () => {};
      const asking = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const agree = (_: ShareRound, given: AbortSignal) => {
        signal = given;
        asked();
        return new Promise<never>(() => {});
      };
      const loader = openLoader({ source, policy, batchSize, seed: 1, share: { firstRow: 6, rows: 6, agree } });
      const next = loader.next();
      next.catch(() => {});
      await asking;
      await loader.close();
      await assert.rejects(next, { code: 'LOADER_CLOSED' });
      assert.equal(signal?.aborted, true);
    }));

  it('refuses shares that do not fit the batch', () =>
    inTemporaryFolder(async (folder) => {
      const source = await writeMixed(folder, 0);
      const { agree } = meeting(1);
      for (const rows of [
        { firstRow: -1, rows: 4 },
        { firstRow: 0, rows: 0 },
        { firstRow: 8, rows: 5 },
      ]) {
        const share = { ...rows, agree };
        assert.throws(() => openLoader({ source, policy, batchSize, seed: 1, share }), { code: 'BAD_OPTION' });
      }
      assert.throws(() => shareRows(12, 0, 5), { code: 'BAD_OPTION' });
      assert.throws(() => shareRows(12, 3, 3), { code: 'BAD_OPTION' });
    }));
});

describe('data: digest of what a batch was fed', () => {
  const batch = { epochs: [0, 0, 1], images: [5, 2 ** 39, 7] };

  it('is the same for the same images, and 64 bits long', () => {
    assert.match(digestOf(batch), /^[0-9a-f]{16}$/);
    assert.equal(digestOf(batch), digestOf(structuredClone(batch)));
  });

  it('is another for another image, epoch, order or number of rows', () => {
    const others = [
      { ...batch, images: [5, 2 ** 39 + 1, 7] },
      { ...batch, epochs: [0, 1, 1] },
      { epochs: [0, 1, 0], images: [5, 7, 2 ** 39] },
      { epochs: [0, 0], images: [5, 2 ** 39] },
    ];
    assert.equal(new Set([batch, ...others].map(digestOf)).size, 5);
  });
});
