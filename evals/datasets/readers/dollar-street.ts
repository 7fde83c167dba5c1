/**
 * Dollar Street, as the benchmark of Sec. 4.1.3 has it: photos of things in homes all over the world.
 *
 *     metadata_full_dollar_street.json                 of each photo: _id, label, country, region, income (dollars a month)
 *     images/LABEL/_ID.jpg
 *     in22k_cls_idx_to_dollar_street_labels_map.json   of each of 108 classes of ImageNet-22K, by its number: the labels that it stands for
 *     subset_in22k_class_names.json                    the names of those classes, in that order
 */
import path from 'node:path';
import * as z from 'zod';
import { compareCodePoints } from '../../../data/image-folder.ts';
import type { Attributes } from '../attributes.ts';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { broken, find, otherVersion, readJson } from '../download-files.ts';
import { FileList, indexOf } from '../file-split.ts';

const METADATA = 'metadata_full_dollar_street.json';
const CONCEPTS = 'in22k_cls_idx_to_dollar_street_labels_map.json';
const CLASS_NAMES = 'subset_in22k_class_names.json';

const metadataSchema = z.array(
  z.object({
    _id: z.string(),
    label: z.string(),
    country: z.string(),
    region: z.string(),
    income: z.coerce.number(),
    household: z.string().optional(),
  }),
);
const conceptsSchema = z.record(z.string(), z.array(z.string()));
/** In the order of their numbers, or with them. */
const classNamesSchema = z.union([z.array(z.string()), z.record(z.string(), z.int())]);

const REGIONS: Readonly<Record<string, string>> = {
  Africa: 'Africa',
  Asia: 'Asia',
  'The Americas': 'Americas',
  Americas: 'Americas',
  Europe: 'Europe',
};

/** By the rounded third of the logarithm of dollars a month. */
const INCOMES = [undefined, 'low', 'medium', 'high'];

/** Split `test`: all photos of labels that a class stands for. */
export const readDollarStreet: Reader = async ({ download }) => {
  for (const name of [METADATA, 'images', CONCEPTS, CLASS_NAMES]) find(download, name);
  const aliases = await readConcepts(download);
  const classes = Object.keys(aliases).sort(compareCodePoints);
  return { classes, aliases, splits: { test: () => photos(download, classes) } };
};

/** By label: the names of the classes that stand for it. */
async function readConcepts(download: string): Promise<Record<string, string[]>> {
  const [file, namesFile] = [path.join(download, CONCEPTS), path.join(download, CLASS_NAMES)];
  const concepts = conceptsSchema.safeParse(await readJson(download, CONCEPTS));
  if (!concepts.success) throw broken(file, "it maps no numbers of classes to lists of Dollar Street's labels");
  const listed = classNamesSchema.safeParse(await readJson(download, CLASS_NAMES));
  if (!listed.success) throw broken(namesFile, 'it is no list of names of classes');
  const numbered = Array.isArray(listed.data)
    ? listed.data.map((name, i) => [name, i] as const)
    : Object.entries(listed.data);
  const names = new Map(numbered.map(([name, number]) => [`${number}`, name.replace(/^1k_/, '')]));
  const aliases: Record<string, string[]> = {};
  for (const [number, labels] of Object.entries(concepts.data)) {
    const name = names.get(number);
    if (name === undefined) throw otherVersion(file, `${namesFile} has no class ${number}`);
    for (const label of labels) aliases[label] = [...(aliases[label] ?? []), name];
  }
  return aliases;
}

async function photos(download: string, classes: readonly string[]): Promise<Split> {
  const file = path.join(download, METADATA);
  const parsed = metadataSchema.safeParse(await readJson(download, METADATA));
  if (!parsed.success) throw broken(file, 'it is no list of photos with _id, label, country, region and income');
  const known = parsed.data.filter(({ label }) => classes.includes(label));
  const labelOf = indexOf(classes, (name) => otherVersion(file, `there is no class ${name}`));
  const list = new FileList();
  for (const { label, _id } of known) list.add(`${label}/${_id}.jpg`, labelOf(label));
  const attributes: Attributes = {
    unit: 'household',
    // Where households have no name: an income, in dollars, and a country.
    units: known.map(({ household, country, income }) => household ?? `${country} ${income}`),
    values: {
      income: known.map(({ income, _id }) => bucketOf(income, () => otherVersion(file, `${_id} has income ${income}`))),
      region: known.map(({ region, _id }) =>
        regionOf(region, () => otherVersion(file, `${_id} has region "${region}"`)),
      ),
      country: known.map(({ country }) => country),
    },
  };
  return { ...list.split(path.join(download, 'images')), attributes };
}

function bucketOf(income: number, wrong: () => Error): string {
  const bucket = INCOMES[Math.round(Math.log(income) / 3)];
  if (bucket === undefined) throw wrong();
  return bucket;
}

function regionOf(region: string, wrong: () => Error): string {
  const known = REGIONS[region];
  if (known === undefined) throw wrong();
  return known;
}
