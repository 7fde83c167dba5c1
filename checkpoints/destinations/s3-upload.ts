/**
 * A large file in parts, several at a time:
 *
 *     create, or find what was begun ──▶ the parts that are missing ──▶ complete
 *
 * Until it is completed there is no object. The size of a part depends on the file's size alone, so that a later attempt
 * cuts the file in the same places.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { CompletedPart, Part } from '@aws-sdk/client-s3';
import type { ObjectIdentity } from './destination.ts';
import type { S3Object } from './s3-object.ts';

/** The smallest part; S3 allows none below 5 MiB but the last. */
export const PART_BYTES = 16 * 2 ** 20;
/** S3 allows so many parts of one object. */
const MOST_PARTS = 10_000;
/** Parts on their way at the same time; each is in memory. */
const CONCURRENT_PARTS = 4;

/** @returns bytes that were sent. Rejects with what the SDK throws. */
export async function uploadParts(object: S3Object, file: string, identity: ObjectIdentity): Promise<number> {
  const begun = await findBegun(object);
  if (begun !== undefined) {
    const sent = await sendMissing(object, begun, file, identity.bytes);
    if (await hasChecksum(object, identity.sha256)) return sent;
    // It was begun for other contents of this name, and bears their checksum.
  }
  const { sdk, client, ...key } = object;
  const Metadata = { sha256: identity.sha256 };
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ ...key, Metadata }));
  return sendMissing(object, UploadId!, file, identity.bytes);
}

/** The newest upload of this object that was not completed. */
async function findBegun({ sdk, client, Bucket, Key }: S3Object): Promise<string | undefined> {
  const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
  const own = Uploads.filter((upload) => upload.Key === Key);
  return own.sort((one, other) => Number(one.Initiated) - Number(other.Initiated)).at(-1)?.UploadId;
}

async function sendMissing(object: S3Object, UploadId: string, file: string, bytes: number): Promise<number> {
  const { sdk, client, ...key } = object;
  const there = await listParts(object, UploadId);
  const partBytes = Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS));
  const count = Math.ceil(bytes / partBytes);
  const parts: CompletedPart[] = new Array(count);
  let next = 0;
  let sent = 0;
  const handle = await open(file, 'r');
  const sendPart = async (index: number) => {
    const body = await readPart(handle, index * partBytes, Math.min(partBytes, bytes - index * partBytes));
    const PartNumber = index + 1;
    const known = there.get(PartNumber);
    if (known && isSame(known, body)) {
      parts[index] = { PartNumber, ETag: known.ETag };
      return;
    }
    const { ETag } = await client.send(new sdk.UploadPartCommand({ ...key, UploadId, PartNumber, Body: body }));
    parts[index] = { PartNumber, ETag };
    sent += body.length;
  };
  // The first that fails ends all: no part is begun any more, and those on their way are waited for.
  let failure: { readonly error: unknown } | undefined;
  const work = async () => {
    while (next < count && !failure) {
      await sendPart(next++).catch((error) => {
        failure ??= { error };
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(CONCURRENT_PARTS, count) }, work));
  } finally {
    await handle.close();
  }
  if (failure) throw failure.error;
  const MultipartUpload = { Parts: parts };
  await client.send(new sdk.CompleteMultipartUploadCommand({ ...key, UploadId, MultipartUpload }));
  return sent;
}

async function listParts({ sdk, client, ...key }: S3Object, UploadId: string): Promise<Map<number, Part>> {
  const parts = new Map<number, Part>();
  let PartNumberMarker: string | undefined;
  do {
    const page = await client.send(new sdk.ListPartsCommand({ ...key, UploadId, PartNumberMarker }));
    for (const part of page.Parts ?? []) parts.set(part.PartNumber!, part);
    PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (PartNumberMarker !== undefined);
  return parts;
}

/** A part's ETag is its MD5, but for some kinds of encryption: then it is sent again. */
function isSame({ ETag, Size }: Part, body: Buffer): boolean {
  return Size === body.length && ETag?.replaceAll('"', '') === createHash('md5').update(body).digest('hex');
}

async function hasChecksum({ sdk, client, ...key }: S3Object, sha256: string): Promise<boolean> {
  const { Metadata } = await client.send(new sdk.HeadObjectCommand(key));
  return Metadata?.['sha256'] === sha256;
}

async function readPart(handle: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const body = Buffer.alloc(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await handle.read(body, done, bytes - done, position + done);
    if (bytesRead === 0)
      throw new RangeError(`a file became shorter while it was uploaded: it ends at ${position + done}`);
    done += bytesRead;
  }
  return body;
}
