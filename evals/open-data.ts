/** The data of an evaluation, whatever form it has. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { hasCoordinates, openCoordinatesFolder } from './datasets/coordinates-folder.ts';
import { isCopydays, openCopydays } from './datasets/copydays.ts';
import type { Dataset } from './datasets/dataset.ts';
import { openFolderDataset } from './datasets/folder-dataset.ts';
import { openDataset } from './datasets/open-dataset.ts';
import { RECORD_FILE } from './datasets/record.ts';
import { EvaluationError } from './errors.ts';

/**
 * @param name of a dataset, where a prepared folder holds several
 * @throws EvaluationError SPLIT_MISSING, DATASET_NAMED; DatasetError where its files are not what they should be
 */
export async function openData(folder: string, name?: string): Promise<Dataset> {
  if (name === undefined) {
    if (existsSync(path.join(folder, RECORD_FILE))) return openDataset(folder);
    if (hasCoordinates(folder)) return openCoordinatesFolder(folder);
    return isCopydays(folder) ? openCopydays(folder) : openFolderDataset(folder);
  }
  const message = `${folder} is no prepared dataset, and so does not hold ${name} among others; leave the name out.`;
  throw new EvaluationError('DATASET_NAMED', message);
}
