/** An object into a file; a connection that breaks is taken up where it broke. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { appendTo } from '../atomic-file.ts';
import { CheckpointError } from '../errors.ts';
import type { ObjectIdentity } from './destination.ts';
import type { S3Object } from './s3-object.ts';

/** Attempts in a row that bring nothing. */
const MOST_ATTEMPTS = 3;

/** @returns what came. Rejects with what the SDK throws, and leaves no file where there is no object. */
export async function downloadObject({ sdk, client, ...key }: S3Object, file: string): Promise<ObjectIdentity> {
  const { Body, ETag, ContentLength } = await client.send(new sdk.GetObjectCommand(key));
  const handle = await open(file, 'w');
  const hash = createHash('sha256');
  let bytes = 0;
  const append = async (body: Readable) => {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      await appendTo(handle, file, chunk);
      hash.update(chunk);
      bytes += chunk.length;
    }
    if (bytes < (ContentLength ?? 0)) throw new Error(`the connection ended after ${bytes} of ${ContentLength} bytes`);
  };
  try {
    let body = Body as Readable;
    for (let attempt = 1; ; ) {
      const before = bytes;
      try {
        await append(body);
        break;
      } catch (error) {
        // What cannot be written here no other connection helps.
        if (error instanceof CheckpointError) throw error;
        attempt = bytes > before ? 1 : attempt + 1;
        if (attempt >= MOST_ATTEMPTS) throw error;
        // The rest of the same object, or nothing.
        const rest = new sdk.GetObjectCommand({ ...key, Range: `bytes=${bytes}-`, IfMatch: ETag });
        body = (await client.send(rest)).Body as Readable;
      }
    }
    await handle.sync();
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}
