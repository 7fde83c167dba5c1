/** Videos, of which the middle frame is classified. The frames are taken out once, when a dataset is prepared. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Contents, Maker, Place, Reader } from '../contents.ts';
import { broken, find, listFiles, listFolders, otherVersion, readLines } from '../download-files.ts';
import { DatasetError } from '../errors.ts';
import { extractMiddleFrames } from '../middle-frames.ts';
import { foldersSplit } from './class-folders.ts';

interface Video {
  readonly file: string;
  /** Folder below `frames`, which is a split and a class. */
  readonly folder: string;
}

const endings = new Set(['.avi', '.mp4', '.mkv', '.webm']);
type Videos = (download: string) => Promise<Video[]>;

/** @param groupOf of a frame's path below its split: those of one group were taken together */
function framesOf(classesOf: (download: string) => Promise<string[]>, groupOf?: (frame: string) => string): Reader {
  return async ({ download, prepared }): Promise<Contents> => {
    const classes = await classesOf(download);
    const read = (split: string) => async () => {
      const root = path.join(prepared, 'frames', split);
      if (!existsSync(root))
        throw new DatasetError(
          'DATASET_SPLIT_MISSING',
          `${root} is not there: prepare the dataset again, which takes the frames out.`,
        );
      const frames = await foldersSplit(root, classes);
      if (!groupOf) return frames;
      const { images } = frames;
      return { ...frames, groups: Array.from({ length: images.length }, (_, image) => groupOf(images.name(image))) };
    };
    return { classes, splits: { train: read('train'), test: read('test') } };
  };
}

function makerOf(videos: Videos, classesOf: (download: string) => Promise<string[]>): Maker {
  return async ({ download, prepared }: Place, onProgress) => {
    const list = await videos(download);
    // Classes of which no video can be read have a folder too.
    for (const name of await classesOf(download)) {
      for (const split of ['train', 'test'])
        await mkdir(path.join(prepared, 'frames', split, name), { recursive: true });
    }
    const jobs = list.map(({ file, folder }) => ({
      video: file,
      frame: path.join(prepared, 'frames', folder, `${path.parse(file).name}.jpg`),
    }));
    return await extractMiddleFrames(jobs, onProgress);
  };
}

/** The first of three official splits. `classInd.txt` has lines such as `1 ApplyEyeMakeup`. */
async function ucfClasses(download: string): Promise<string[]> {
  const lists = find(download, 'ucfTrainTestlist');
  return (await readLines(lists, 'classInd.txt')).map((line) => {
    const name = line.split(' ')[1];
    if (name === undefined) throw broken(path.join(lists, 'classInd.txt'), `"${line}" names no class`);
    return name;
  });
}

async function ucfVideos(download: string): Promise<Video[]> {
  const root = find(download, 'UCF-101');
  const lists = find(download, 'ucfTrainTestlist');
  const classes = new Set(await ucfClasses(download));
  const videos: Video[] = [];
  for (const [split, list] of [
    ['train', 'trainlist01.txt'],
    ['test', 'testlist01.txt'],
  ] as const) {
    for (const line of await readLines(lists, list)) {
      const name = line.split(' ')[0]!;
      const folder = path.dirname(name);
      if (!classes.has(folder)) throw otherVersion(path.join(lists, list), `${folder} is no class of classInd.txt`);
      videos.push({ file: path.join(root, name), folder: `${split}/${folder}` });
    }
  }
  return videos;
}

/** Clips `v_Archery_g08_c01` to `_c07` were cut from one video. */
const ucfVideoOf = (frame: string) => frame.replace(/_c\d+\.jpg$/, '');

export const readUcf101 = framesOf(ucfClasses, ucfVideoOf);
export const makeUcf101 = makerOf(ucfVideos, ucfClasses);

/** `train` and `val` hold a folder for each class; videos that have gone since are not there. */
async function kineticsVideos(download: string): Promise<Video[]> {
  const videos: Video[] = [];
  for (const [split, place] of [
    ['train', 'train'],
    ['test', 'val'],
  ] as const) {
    const root = find(download, place);
    for (const folder of await listFolders(root)) {
      for (const file of await listFiles(path.join(root, folder), endings))
        videos.push({ file: path.join(root, folder, file), folder: `${split}/${folder}` });
    }
  }
  return videos;
}

async function kineticsClasses(download: string): Promise<string[]> {
  return await listFolders(find(download, 'train'));
}

export const readKinetics700 = framesOf(kineticsClasses);
export const makeKinetics700 = makerOf(kineticsVideos, kineticsClasses);
