/**
 * Reads Qt's binary resource archives (.rcc), in which some desktop programs keep their pictures.
 *
 * All integers are big-endian. Format version 1 to 3:
 *
 *     header   'qres'  version u32  treeOffset u32  dataOffset u32  namesOffset u32  [v3: flags u32]
 *     tree     nodes of 14 bytes (v1) or 22 bytes (v2 on: a modification time u64 at the end), node 0 is the root
 *                nameOffset u32  flags u16  and then
 *                folder: numChildren u32  firstChild u32   (a node's number; its children are consecutive)
 *                file:   country u16  language u16  dataOffset u32
 *     names    length u16  hash u32  UTF-16 characters
 *     data     length u32  bytes     (zlib: the unpacked length u32 comes before the stream)
 *
 * Reference: Qt's documentation of the resource system and of the rcc tool, https://doc.qt.io/qt-6/rcc.html
 */
import { inflateSync } from 'node:zlib';
import { messageOf } from '../../errors.ts';
import { QuickstartError } from './errors.ts';

/** A file in an archive: its path without a leading slash, and its unpacked bytes, made when asked for. */
export interface ResourceFile {
  readonly path: string;
  read(): Buffer;
}

const ZLIB = 1;
const FOLDER = 2;
const ZSTD = 4;

/** A tree that refers to itself would otherwise never end; real archives have a few thousand nodes. */
const MAX_NODES = 1_000_000;

interface Header {
  readonly tree: number;
  readonly data: number;
  readonly names: number;
  readonly nodeBytes: number;
}

/**
 * Lists an archive's files in the order of its tree.
 *
 * @param name - how error messages call the archive
 * @throws QuickstartError BAD_ARCHIVE, here or from `read`
 */
export function readQtResources(archive: Buffer, name: string): ResourceFile[] {
  const files: ResourceFile[] = [];
  guard(name, () => {
    const header = readHeader(archive);
    let visited = 0;
    const visit = (node: number, folder: string): void => {
      if (++visited > MAX_NODES) throw new RangeError('its tree has no end');
      const at = header.tree + node * header.nodeBytes;
      const flags = archive.readUInt16BE(at + 4);
      const path = node === 0 ? '' : `${folder}${readName(archive, header.names + archive.readUInt32BE(at))}`;
      if (flags & FOLDER) {
        const first = archive.readUInt32BE(at + 10);
        const children = archive.readUInt32BE(at + 6);
        for (let child = 0; child < children; child++) visit(first + child, path === '' ? '' : `${path}/`);
      } else {
        const offset = header.data + archive.readUInt32BE(at + 10);
        files.push({ path, read: () => guard(`${name}:${path}`, () => readData(archive, offset, flags)) });
      }
    };
    visit(0, '');
  });
  return files;
}

function readHeader(archive: Buffer): Header {
  if (archive.toString('latin1', 0, 4) !== 'qres') throw new RangeError("it does not begin with 'qres'");
  const version = archive.readUInt32BE(4);
  if (version < 1 || version > 3) throw new RangeError(`format version ${version} is not known (1 to 3 are)`);
  return {
    tree: archive.readUInt32BE(8),
    data: archive.readUInt32BE(12),
    names: archive.readUInt32BE(16),
    nodeBytes: version === 1 ? 14 : 22,
  };
}

function readName(archive: Buffer, at: number): string {
  const length = archive.readUInt16BE(at);
  // subarray clamps silently at the end of the archive; the check makes a truncated name an error.
  if (at + 6 + 2 * length > archive.length) throw new RangeError('a name lies beyond its end');
  return Buffer.from(archive.subarray(at + 6, at + 6 + 2 * length))
    .swap16()
    .toString('utf16le');
}

function readData(archive: Buffer, at: number, flags: number): Buffer {
  const length = archive.readUInt32BE(at);
  if (at + 4 + length > archive.length) throw new RangeError('its data lies beyond the end of the archive');
  const stored = archive.subarray(at + 4, at + 4 + length);
  if (flags & ZSTD) throw new RangeError('it is packed with zstd, which is not supported');
  if (!(flags & ZLIB)) return Buffer.from(stored);
  const unpackedLength = stored.readUInt32BE(0);
  const unpacked = inflateSync(stored.subarray(4), { maxOutputLength: Math.max(unpackedLength, 1) });
  if (unpacked.length !== unpackedLength) throw new RangeError('it unpacks to another length than it says');
  return unpacked;
}

function guard<T>(name: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new QuickstartError('BAD_ARCHIVE', `${name} is not a readable Qt resource archive: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
