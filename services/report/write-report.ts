/** `auspex report`: reads results, and only when all of them are understood, writes report.html, report.md and report.json. */
import path from 'node:path';
import { buildReport, type ReportOptions } from '../../evals/report/build-report.ts';
import type { Examples } from '../../evals/report/examples.ts';
import { readExamples } from '../../evals/report/read-examples.ts';
import { readResults } from '../../evals/report/read-results.ts';
import type { Report } from '../../evals/report/report.ts';
import { renderMarkdown } from './markdown.ts';
import { renderReportPage } from './page/report-page.ts';
import { makePictures } from './pictures.ts';
import { writeFiles } from './write-files.ts';

export interface WrittenReport {
  readonly report: Report;
  /** Paths of what was written. */
  readonly files: { readonly html: string; readonly markdown: string; readonly json: string };
  /** Examples without a picture, and why. */
  readonly missingPictures: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * @param paths result files, or folders that hold some
 * @throws ReportError; CheckpointError CHECKPOINT_WRITE_FAILED, and each file is then the old one or the new one
 */
export async function writeReport(
  paths: readonly string[],
  out: string,
  options: ReportOptions,
): Promise<WrittenReport> {
  const found = await readResults(paths);
  const examples = new Map<string, Examples>();
  for (const one of found) {
    const list = await readExamples(one);
    if (list) examples.set(one.file, list);
  }
  const report = buildReport(found, examples, options);
  const pictures = await makePictures(report);
  const missingPictures = [...pictures].flatMap(([file, picture]) =>
    picture.kind === 'missing' ? [{ file, reason: picture.reason }] : [],
  );
  const contents = new Map([
    ['report.json', `${JSON.stringify(report, null, 2)}\n`],
    ['report.md', renderMarkdown(report)],
    ['report.html', renderReportPage(report, pictures)],
  ]);
  await writeFiles(out, contents);
  const files = {
    html: path.join(out, 'report.html'),
    markdown: path.join(out, 'report.md'),
    json: path.join(out, 'report.json'),
  };
  return { report, files, missingPictures };
}
