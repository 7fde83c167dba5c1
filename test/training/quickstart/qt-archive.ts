/** Writes a Qt resource archive, for tests of what reads one. */
import { deflateSync } from 'node:zlib';

interface Folder {
  readonly children: Map<string, Folder | Buffer>;
}

interface Node {
  readonly name: string;
  readonly content: Folder | Buffer;
  firstChild: number;
}

export interface ArchiveOptions {
  /** @default 3 */
  readonly version?: 1 | 2 | 3;
  /** Packs the data with zlib. @default false */
  readonly zlib?: boolean;
}

/** An archive of `files`, path to bytes. */
export function qtArchive(files: Record<string, Buffer>, options: ArchiveOptions = {}): Buffer {
  const version = options.version ?? 3;
  const nodes = flatten(tree(files));
  const names: Buffer[] = [];
  const data: Buffer[] = [];
  const records = nodes.map(({ name, content, firstChild }) => {
    const record = Buffer.alloc(version === 1 ? 14 : 22);
    record.writeUInt32BE(totalLength(names), 0);
    const utf16 = Buffer.from(name, 'utf16le').swap16();
    const nameHeader = Buffer.alloc(6);
    nameHeader.writeUInt16BE(name.length, 0);
    names.push(nameHeader, utf16);
    if (Buffer.isBuffer(content)) {
      record.writeUInt16BE(options.zlib ? 1 : 0, 4);
      record.writeUInt32BE(totalLength(data), 10);
      data.push(...stored(content, options.zlib ?? false));
    } else {
      record.writeUInt16BE(2, 4);
      record.writeUInt32BE(content.children.size, 6);
      record.writeUInt32BE(firstChild, 10);
    }
    return record;
  });
  const header = Buffer.alloc(version === 3 ? 24 : 20);
  header.write('qres', 0, 'latin1');
  header.writeUInt32BE(version, 4);
  const dataOffset = header.length;
  const namesOffset = dataOffset + totalLength(data);
  header.writeUInt32BE(namesOffset + totalLength(names), 8);
  header.writeUInt32BE(dataOffset, 12);
  header.writeUInt32BE(namesOffset, 16);
  return Buffer.concat([header, ...data, ...names, ...records]);
}

function stored(content: Buffer, zlib: boolean): Buffer[] {
  const unpackedLength = Buffer.alloc(4);
  unpackedLength.writeUInt32BE(content.length);
  const bytes = zlib ? Buffer.concat([unpackedLength, deflateSync(content)]) : content;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

function tree(files: Record<string, Buffer>): Folder {
  const root: Folder = { children: new Map() };
  for (const [path, bytes] of Object.entries(files)) {
    const parts = path.split('/');
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      const next = folder.children.get(part);
      const made: Folder = next && !Buffer.isBuffer(next) ? next : { children: new Map() };
      folder.children.set(part, made);
      folder = made;
    }
    folder.children.set(parts.at(-1)!, bytes);
  }
  return root;
}

/** Breadth first, so that a folder's children are consecutive. */
function flatten(root: Folder): Node[] {
  const nodes: Node[] = [{ name: '', content: root, firstChild: 0 }];
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index]!;
    if (Buffer.isBuffer(node.content)) continue;
    node.firstChild = nodes.length;
    for (const [name, content] of node.content.children) nodes.push({ name, content, firstChild: 0 });
  }
  return nodes;
}

function totalLength(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
