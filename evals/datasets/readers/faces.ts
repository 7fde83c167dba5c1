/**
 * Faces of people who said how old they are and what their gender is (Casual Conversations), and faces to search among (UTK-Faces).
 *
 *     CasualConversations_mini.json     of each participant: files, and label with age, gender and skin-type; also in CC_annotations/
 *     faces/CasualConversationsA/0000/0000_00.jpg     a face, cut out of the middle frame of a video; also 0000_00_ANYTHING.jpg
 *     UTKFace/26_1_0_20170116184024662.jpg.chip.jpg   age, 0 for male or 1 for female, and more; also part1/, part2/ and part3/
 *
 * Casual Conversations has videos, and no faces: whoever has them cut out gives them, and videos without one are no queries.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { openImageFolder } from '../../../data/image-folder.ts';
import type { Attributes } from '../attributes.ts';
import type { Contents, Reader } from '../contents.ts';
import type { Labels, Split } from '../dataset.ts';
import { broken, find, listFiles, otherVersion, readJson } from '../download-files.ts';
import { namedFiles } from '../file-split.ts';

/** What is asked of a face. Who said `other` has none of them, so no answer is right. */
const GENDERS = ['female', 'male'];

/** Years, from the first to before the second. */
const AGE_GROUPS = [
  ['under 18', 0, 18],
  ['18-30', 18, 30],
  ['30-45', 30, 45],
  ['45-70', 45, 70],
  ['70+', 70, 130],
] as const;

const annotationSchema = z.record(
  z.string(),
  z.object({
    files: z.array(z.string()),
    label: z.object({
      age: z.union([z.string(), z.number()]),
      gender: z.string(),
      'skin-type': z.union([z.string(), z.number()]),
    }),
  }),
);

/** Split `test`: one face of each video. */
export const readCasualConversations: Reader = async ({ download }) => {
  const [annotations, faces] = [findAnnotations(download), find(download, 'faces')];
  return { classes: GENDERS, splits: { test: () => queries(annotations, faces) } };
};

/** The same, and split `val`: the faces that are searched. */
export const readCasualConversationsUtkFaces: Reader = async (place): Promise<Contents> => {
  const { classes, splits } = await readCasualConversations(place);
  const { download } = place;
  const parts = ['part1', 'part2', 'part3'];
  const folders = parts.every((part) => existsSync(path.join(download, part))) ? parts : ['UTKFace'];
  find(download, folders[0]!);
  return { classes, splits: { ...splits, val: () => database(download, folders) } };
};

function findAnnotations(download: string): string {
  const name = 'CasualConversations_mini.json';
  return find(download, name, `CC_annotations/${name}`);
}

interface Participant {
  readonly id: string;
  readonly gender: string | undefined;
  readonly skintone: string | undefined;
  readonly age: string | undefined;
}

async function queries(annotations: string, faces: string): Promise<Split> {
  const participants = await readParticipants(annotations);
  const images = await openImageFolder(faces);
  const people: Participant[] = [];
  const seen = new Set<string>();
  for (let image = 0; image < images.length; image++) {
    const name = images.name(image);
    // A frame's number, or whatever else stands behind the video's name.
    const [, video] = /^(.*\/\d+_\d+)(?:_[^/]*)?\.[^./]+$/.exec(name) ?? [];
    const participant = video === undefined ? undefined : participants.get(video);
    if (!participant) throw otherVersion(path.join(faces, name), `it is of no video that ${annotations} has`);
    if (seen.has(video!))
      throw otherVersion(
        path.join(faces, name),
        `it is the second face of ${video}; one of a video's middle frame is wanted`,
      );
    seen.add(video!);
    people.push(participant);
  }
  const attributes: Attributes = {
    unit: 'person',
    units: people.map(({ id }) => id),
    values: {
      gender: people.map(({ gender }) => gender),
      skintone: people.map(({ skintone }) => skintone),
      age: people.map(({ age }) => age),
    },
  };
  return { images, labels: gendersOf(people.map(({ gender }) => gender)), attributes };
}

/** By the path of a video without its ending. */
async function readParticipants(file: string): Promise<Map<string, Participant>> {
  const parsed = annotationSchema.safeParse(await readJson(path.dirname(file), path.basename(file)));
  if (!parsed.success) throw broken(file, 'it has no participants with files and a label of age, gender and skin-type');
  const participants = new Map<string, Participant>();
  for (const [id, { files, label }] of Object.entries(parsed.data)) {
    const wrong = (what: string, value: string | number) =>
      otherVersion(file, `participant ${id} has ${what} "${value}"`);
    const participant: Participant = {
      id,
      gender: genderOf(label.gender, () => wrong('gender', label.gender)),
      skintone: skintoneOf(label['skin-type'], () => wrong('skin-type', label['skin-type'])),
      age: ageGroupOf(label.age, () => wrong('age', label.age)),
    };
    for (const video of files) participants.set(video.replace(/\.[^./]+$/, ''), participant);
  }
  return participants;
}

/** Who did not say is not known. */
const UNKNOWN = new Set(['n/a', 'na', '']);

function genderOf(text: string, wrong: () => Error): string | undefined {
  const gender = text.trim().toLowerCase();
  if (UNKNOWN.has(gender)) return undefined;
  if (['female', 'male', 'other'].includes(gender)) return gender;
  throw wrong();
}

/** Fitzpatrick's types I to III, and IV to VI (Sec. 4.1.1). */
function skintoneOf(value: string | number, wrong: () => Error): string | undefined {
  const text = `${value}`.trim().toLowerCase();
  if (UNKNOWN.has(text)) return undefined;
  if (/^[1-6]$/.test(text)) return Number(text) <= 3 ? 'lighter' : 'darker';
  throw wrong();
}

function ageGroupOf(value: string | number, wrong: () => Error): string | undefined {
  const text = `${value}`.trim().toLowerCase();
  if (UNKNOWN.has(text)) return undefined;
  const age = Number(text);
  const group = AGE_GROUPS.find(([, from, to]) => Number.isInteger(age) && from <= age && age < to);
  if (!group) throw wrong();
  return group[0];
}

/** What a name says of race is not read: nothing here divides by it. */
async function database(root: string, folders: readonly string[]): Promise<Split> {
  const names: string[] = [];
  const genders: string[] = [];
  for (const folder of folders) {
    for (const file of await listFiles(path.join(root, folder))) {
      // One published image has no gender in its name, and cannot be an answer.
      if (/^\d+__/.test(file)) continue;
      const [, gender] = /^\d+_([01])_/.exec(file) ?? [];
      if (gender === undefined)
        throw otherVersion(
          path.join(root, folder, file),
          'its name has no age and gender, such as 26_1_0_20170116184024662.jpg',
        );
      names.push(`${folder}/${file}`);
      genders.push(gender === '0' ? 'male' : 'female');
    }
  }
  return { images: namedFiles(root, names), labels: gendersOf(genders) };
}

function gendersOf(genders: readonly (string | undefined)[]): Labels {
  const present = genders.flatMap((gender) => GENDERS.map((name) => Number(name === gender)));
  return { kind: 'sets', present: Int8Array.from(present) };
}
