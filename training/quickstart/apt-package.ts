/**
 * Fetches and unpacks one Debian package without being root and without installing it: apt-get keeps its package lists
 * and cache under a folder of ours and only downloads, from the machine's own package sources.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { QuickstartError } from './errors.ts';

export interface UnpackedPackage {
  /** As Debian writes it, such as `3.1-2`. */
  readonly version: string;
  /** The root of the package's files: `usr/...` lies in it. */
  readonly folder: string;
}

/**
 * @param name - of the package
 * @param workFolder - gets the lists, the download and the unpacked files; the caller removes it
 * @throws QuickstartError PHOTOS_NOT_FETCHED
 */
export async function fetchAptPackage(
  name: string,
  workFolder: string,
  onProgress: (line: string) => void,
): Promise<UnpackedPackage> {
  const lists = path.join(workFolder, 'lists');
  const cache = path.join(workFolder, 'cache');
  const download = path.join(workFolder, 'download');
  const folder = path.join(workFolder, 'unpacked');
  await rm(download, { recursive: true, force: true });
  for (const made of [path.join(lists, 'partial'), path.join(cache, 'archives', 'partial'), download, folder]) {
    await mkdir(made, { recursive: true });
  }
  const options = [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Acquire::Languages=none',
    'Acquire::Retries=3',
    'APT::Sandbox::User=root', // for root only: the user _apt may not enter our folder
  ].flatMap((option) => ['-o', option]);

  onProgress("reading the lists of Debian's package sources");
  await run('apt-get', [...options, '--quiet', 'update'], download);
  onProgress(`downloading the package ${name}`);
  await run('apt-get', [...options, '--quiet', 'download', name], download);
  const file = (await readdir(download)).find((entry) => entry.endsWith('.deb'));
  if (!file) throw notFetched(`apt-get download ${name} left no package in ${download}`);
  onProgress(`unpacking ${file}`);
  const deb = path.join(download, file);
  const version = (await run('dpkg-deb', ['--field', deb, 'Version'], download)).trim();
  await run('dpkg-deb', ['--extract', deb, folder], download);
  return { version, folder };
}

/** Runs a command to its end and returns its standard output. */
async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', (error) => reject(notFetched(`${command} could not be run (${messageOf(error)})`, error)));
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  if (status === 0) return output;
  throw notFetched(`${command} ${args.at(-1)} ended with ${status}:\n${errors.trim()}\n`);
}

function notFetched(what: string, cause?: unknown): QuickstartError {
  return new QuickstartError(
    'PHOTOS_NOT_FETCHED',
    `The photos could not be fetched: ${what}. This needs apt-get, dpkg-deb and a connection to Debian's package ` +
      'sources. Without them, name any folder of at least 200 photos: auspex quickstart --data DIR',
    { cause },
  );
}
