/** The disk under a folder: room, kind, and how long a flush takes. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { nearestReal } from '../jobs/roots.ts';
import { type Check, gibibytes, ok, problem, type ReadFile, warning } from './check.ts';

const TOO_LITTLE = 2 ** 30;
const LITTLE = 10 * 2 ** 30;
/** Milliseconds of a flush beyond which every job's change of state is felt. */
const SLOW_FLUSH = 50;
const FLUSHES = 11;
/** File systems over a network, or through another program: memory maps and locks of LMDB do not work there. */
const REMOTE = /^(nfs\d?|cifs|smb\d?|9p|afs|ceph|glusterfs|lustre|fuse(\..*)?|virtiofs)$/;

/** @param folder that exists, or will be made */
export function checkDisk(folder: string, read: ReadFile): Check[] {
  const real = nearestReal(folder);
  return [checkRoom(real), checkKind(real, read), checkFlush(real)];
}

function checkRoom(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder);
  return roomCheck(folder, bavail * bsize);
}

export function roomCheck(folder: string, free: number): Check {
  const found = `${gibibytes(free)} free in ${folder}`;
  if (free >= LITTLE) return ok('disk space', found);
  const advice = 'Free some, or give runs and results another disk.';
  return free >= TOO_LITTLE ? warning('disk space', found, advice) : problem('disk space', found, advice);
}

export function checkKind(folder: string, read: ReadFile): Check {
  const type = typeOf(folder, read('/proc/self/mountinfo') ?? '');
  if (type === undefined) return ok('file system', `${folder}: its kind is not told here`);
  if (REMOTE.test(type)) {
    const advice = 'Run folders may lie there; --state and an embedded bus need a local disk.';
    return warning('file system', `${folder} lies on ${type}`, advice);
  }
  if (/^(tmpfs|ramfs)$/.test(type)) {
    return warning('file system', `${folder} lies in memory (${type})`, 'What must outlive a restart needs a disk.');
  }
  return ok('file system', `${folder} lies on ${type}`);
}

/** The kind of the mount that is nearest above a folder; of several in one place the last counts. */
function typeOf(folder: string, mountinfo: string): string | undefined {
  let nearest = '';
  let type: string | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const place = before
      ?.split(' ')[4]
      ?.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    if (place === undefined || after === undefined) continue;
    const isAbove = folder === place || folder.startsWith(place.endsWith('/') ? place : `${place}/`);
    if (!isAbove || place.length < nearest.length) continue;
    nearest = place;
    type = after.split(' ')[0];
  }
  return type;
}

function checkFlush(folder: string): Check {
  let probe: string | undefined;
  try {
    probe = mkdtempSync(path.join(folder, '.auspex-doctor-'));
    return flushCheck(folder, medianFlush(path.join(probe, 'probe')));
  } catch (error) {
    return problem('flush', `${folder} cannot be written: ${messageOf(error)}`, 'Give a folder that can be written.');
  } finally {
    if (probe !== undefined) rmSync(probe, { recursive: true, force: true });
  }
}

export function flushCheck(folder: string, milliseconds: number): Check {
  const found = `4 KiB are on the disk after ${milliseconds.toFixed(1)} ms (${folder})`;
  if (milliseconds <= SLOW_FLUSH) return ok('flush', found);
  return warning(
    'flush',
    found,
    'Jobs and an embedded bus wait for every flush: give --state and --bus-folder a quicker disk.',
  );
}

function medianFlush(file: string): number {
  const descriptor = openSync(file, 'w');
  try {
    const times = Array.from({ length: FLUSHES }, () => {
      const begin = performance.now();
      writeSync(descriptor, Buffer.alloc(4096, 1));
      fsyncSync(descriptor);
      return performance.now() - begin;
    });
    return times.sort((one, other) => one - other)[(FLUSHES - 1) / 2]!;
  } finally {
    closeSync(descriptor);
  }
}
