import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { extractMiddleFrames } from '../../../evals/datasets/middle-frames.ts';
import { openDataset } from '../../../evals/datasets/open-dataset.ts';
import { prepareDataset } from '../../../evals/datasets/prepare-dataset.ts';
import { inTemporaryFolder } from '../../data/pictures.ts';
import { keepEnvironment } from '../../keep-environment.ts';
import { layOut, listed, opened } from './layouts.ts';

const hasFfmpeg = ['ffmpeg', 'ffprobe'].every((tool) => spawnSync(tool, ['-version']).status === 0);

/** A video whose frame n is grey of 20 n. */
async function makeVideo(file: string, frames: number): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const source = `color=c=black:s=64x48:r=10,format=gray,geq=lum='20*N'`;
  const made = spawnSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    source,
    '-frames:v',
    String(frames),
    '-c:v',
    'mpeg4',
    '-q:v',
    '1',
    file,
  ]);
  assert.equal(made.status, 0, String(made.stderr));
}

describe('evals: datasets of videos', () => {
  it('says what to install where ffmpeg is missing', async () => {
    const restoreEnvironment = keepEnvironment();
    process.env['PATH'] = '/nonexistent';
    try {
      await assert.rejects(
        extractMiddleFrames([], () => undefined),
        { code: 'FFMPEG_MISSING', message: /apt-get install -y ffmpeg/ },
      );
    } finally {
      restoreEnvironment();
    }
  });

  it("takes the middle frames of UCF-101's first split, once, and lists videos that cannot be read", async function () {
    // Debian's ffmpeg brings both tools.
    if (!hasFfmpeg) this.skip();
    await inTemporaryFolder(async (folder) => {
      await makeVideo(path.join(folder, 'UCF-101/Archery/v_Archery_g01_c01.avi'), 9);
      await makeVideo(path.join(folder, 'UCF-101/Biking/v_Biking_g01_c01.avi'), 4);
      await layOut(folder, {
        'UCF-101/Biking/v_Biking_g02_c01.avi': 'no video',
        'ucfTrainTestlist/classInd.txt': '1 Archery\r\n2 Biking\r\n',
        'ucfTrainTestlist/trainlist01.txt':
          'Archery/v_Archery_g01_c01.avi 1\nBiking/v_Biking_g01_c01.avi 2\nBiking/v_Biking_g02_c01.avi 2\n',
        'ucfTrainTestlist/testlist01.txt': 'Archery/v_Archery_g01_c01.avi\n',
      });
      const out = path.join(folder, 'prepared');
      const record = await prepareDataset({ name: 'ucf-101', from: folder, out, partial: true });
      assert.deepEqual(
        record.unusable.map(({ name }) => path.basename(name)),
        ['v_Biking_g02_c01.avi'],
      );
      const dataset = await openDataset(out);
      assert.deepEqual(await listed(dataset, 'train'), [
        ['Archery/v_Archery_g01_c01.jpg', 'Archery'],
        ['Biking/v_Biking_g01_c01.jpg', 'Biking'],
      ]);
      const { images, groups } = await dataset.split('train');
      assert.deepEqual(groups, ['Archery/v_Archery_g01', 'Biking/v_Biking_g01'], 'clips of one video belong together');
      const { channels } = await sharp(await images.read(0)).stats();
      // Frame 4 of 9.
      assert.ok(Math.abs(channels[0]!.mean - 80) < 6, String(channels[0]!.mean));

      await rm(path.join(folder, 'prepared/frames/train/Biking/v_Biking_g01_c01.jpg'));
      await assert.rejects(dataset.split('train'), { code: 'DATASET_CHANGED' });
    });
  });

  it("takes those of Kinetics' videos that there are", async function () {
    if (!hasFfmpeg) this.skip();
    await inTemporaryFolder(async (folder) => {
      await makeVideo(path.join(folder, 'train/air drumming/a_000001_000011.mp4'), 3);
      await makeVideo(path.join(folder, 'val/air drumming/b_000001_000011.mp4'), 3);
      const dataset = await opened('kinetics-700', folder);
      assert.deepEqual(await listed(dataset, 'test'), [['air drumming/b_000001_000011.jpg', 'air drumming']]);
    });
  });
});
