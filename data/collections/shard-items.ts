/**
 * The images of one tar shard with their labels. As in WebDataset, members that follow one another and share their name up to
 * its first dot belong together:
 *
 *     a/7.jpg  a/7.json  a/7.cls │ a/8.json  a/8.jpg │ a/9.jpg
 */
import path from 'node:path';
import { imageEndings } from '../image-folder.ts';
import {
  type CollectedImage,
  type CollectedItem,
  type Labels,
  MAXIMUM_IMAGE_BYTES,
  type Rejection,
  rejected,
  tooLarge,
} from './collection.ts';
import { isLabelFile, labelsOf, MAXIMUM_LABEL_BYTES } from './labels.ts';
import { TarDamage, type TarMember, tarMembers } from './tar-members.ts';

/** Of images that are held back until their labels have come: more than one sample has. */
const HELD_IMAGES = 16;
const HELD_BYTES = 64 * 2 ** 20;

export interface Shard {
  /** How people call it: images are named after it. */
  readonly name: string;
  /** Where it lies: a file's absolute path, or s3://bucket/key. */
  readonly place: string;
  /** Its bytes from the beginning. */
  readonly stream: () => AsyncIterable<Uint8Array>;
}

/** @throws what the stream throws */
export async function* shardItems(shard: Shard): AsyncGenerator<CollectedItem> {
  let sample = new Sample('');
  try {
    for await (const member of tarMembers(shard.stream())) {
      if (member.kind === 'folder') continue;
      const { key } = partsOf(member.name);
      if (key !== sample.key || sample.isFull) {
        yield* sample.items();
        sample = new Sample(key);
      }
      await sample.add(member, shard);
    }
    yield* sample.items();
  } catch (error) {
    if (!(error instanceof TarDamage)) throw error;
    // What came before is whole.
    yield* sample.items();
    yield rejected(shard.name, 'CORRUPT', error.message);
  }
}

/** Members that belong together. */
class Sample {
  readonly key: string;
  readonly #images: CollectedImage[] = [];
  readonly #labelFiles: { readonly name: string; readonly ending: string; readonly labels: Labels }[] = [];
  readonly #rejected: Rejection[] = [];
  #bytes = 0;

  constructor(key: string) {
    this.key = key;
  }

  get isFull(): boolean {
    return this.#images.length >= HELD_IMAGES || this.#bytes >= HELD_BYTES;
  }

  /** @throws TarDamage, what the stream throws */
  async add(member: TarMember, shard: Shard): Promise<void> {
    const { ending } = partsOf(member.name);
    const name = `${shard.name}/${member.name}`;
    const reject = (code: Rejection['code'], message: string) => this.#rejected.push(rejected(name, code, message));
    if (member.kind === 'other') {
      reject('NOT_AN_IMAGE', 'it is a link or something else without data of its own');
    } else if (isLabelFile(ending)) {
      if (member.bytes > MAXIMUM_LABEL_BYTES) {
        reject('TOO_LARGE', `it has ${member.bytes} bytes; a file of labels may have ${MAXIMUM_LABEL_BYTES}`);
        return;
      }
      const labels = labelsOf(ending, await member.read());
      if (typeof labels === 'string') reject('BAD_LABELS', labels);
      else this.#labelFiles.push({ name, ending, labels });
    } else if (member.bytes > MAXIMUM_IMAGE_BYTES) {
      reject('TOO_LARGE', tooLarge(member.bytes));
    } else {
      const bytes = imageEndings.has(`.${ending}`) ? await member.read() : await member.readIfImage();
      if (bytes === undefined) {
        reject('NOT_AN_IMAGE', 'neither its name nor its content is that of an image');
        return;
      }
      const place = { shard: shard.place, offset: member.offset, length: bytes.byteLength };
      this.#images.push({ kind: 'image', name, bytes, place, labels: {} });
      this.#bytes += bytes.byteLength;
    }
  }

  *items(): Generator<CollectedItem> {
    yield* this.#rejected;
    if (this.#images.length === 0) {
      for (const { name } of this.#labelFiles) yield rejected(name, 'NOT_AN_IMAGE', 'labels of no image');
      return;
    }
    // x.cls says more about the class than a field of x.json that happens to have this name.
    const files = [...this.#labelFiles].sort((one, other) => rank(one.ending) - rank(other.ending));
    const labels: Labels = Object.assign({}, ...files.map((file) => file.labels));
    for (const image of this.#images) yield { ...image, labels };
  }
}

function rank(ending: string): number {
  return ending === 'json' ? 0 : 1;
}

/** `a/7.seg.png` belongs to sample `a/7`, and ends in `png`. */
function partsOf(name: string): { readonly key: string; readonly ending: string } {
  const base = path.posix.basename(name);
  const dot = base.indexOf('.', 1);
  const key = dot < 0 ? name : name.slice(0, name.length - base.length + dot);
  return { key, ending: path.posix.extname(base).slice(1).toLowerCase() };
}
