/** The middle frames of videos, by ffmpeg. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../errors.ts';
import type { Unusable } from './contents.ts';
import { DatasetError } from './errors.ts';

const run = promisify(execFile);

export interface FrameJob {
  readonly video: string;
  /** A JPEG; taken to be good where it is there already. */
  readonly frame: string;
}

/**
 * Frame n / 2, rounded down, of videos with n frames. Videos that cannot be read are listed, and others go on.
 * @throws DatasetError FFMPEG_MISSING
 */
export async function extractMiddleFrames(
  jobs: readonly FrameJob[],
  onProgress: (done: number, total: number) => void,
): Promise<Unusable[]> {
  for (const tool of ['ffmpeg', 'ffprobe']) await checkTool(tool);
  const unusable: Unusable[] = [];
  const waiting = jobs.entries();
  let done = 0;
  const work = async () => {
    for (const [, { video, frame }] of waiting) {
      try {
        if (!existsSync(frame)) await extract(video, frame);
      } catch (error) {
        unusable.push({ name: video, message: firstLine(messageOf(error)) });
      }
      onProgress(++done, jobs.length);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return unusable.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function checkTool(tool: string): Promise<void> {
  try {
    await run(tool, ['-version']);
  } catch (error) {
    const message = `${tool} takes the frames out of videos, and cannot be started (${firstLine(messageOf(error))}). Install it with: sudo apt-get install -y ffmpeg`;
    throw new DatasetError('FFMPEG_MISSING', message, { cause: error });
  }
}

async function extract(video: string, frame: string): Promise<void> {
  const select = ['-select_streams', 'v:0', '-count_packets'];
  const show = ['-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...select, ...show, video]);
  const count = Number.parseInt(stdout, 10);
  if (!(count > 0)) throw new Error('it has no frames');
  await mkdir(path.dirname(frame), { recursive: true });
  const half = `${frame.slice(0, -'.jpg'.length)}.part.jpg`;
  const pick = ['-vf', `select=eq(n\\,${Math.floor(count / 2)})`, '-frames:v', '1', '-q:v', '2'];
  try {
    await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-threads', '1', '-i', video, ...pick, half]);
    if (!existsSync(half)) throw new Error('its middle frame cannot be decoded');
    await rename(half, frame);
  } finally {
    await rm(half, { force: true });
  }
}

function firstLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  // The first line of what execFile throws is the command.
  return (lines[1] ?? lines[0] ?? text).trim();
}
