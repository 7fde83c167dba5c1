/**
 * The objects of an S3-compatible store, to be read only: listed, whole, in ranges, or as a stream that goes on where a
 * connection broke. Endpoint, region and credentials come from where the SDK looks, as for destinations.
 */
import type { Readable } from 'node:stream';
import { explainS3, isMissing } from './s3-errors.ts';
import { createClient, loadSdk } from './s3-object.ts';

/** Attempts in a row that bring nothing. */
const MOST_ATTEMPTS = 3;

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

/** All methods throw a DestinationError where the store refuses or fails. */
export interface S3Objects {
  /** The objects whose keys begin with a prefix, in the order of their keys. */
  list(bucket: string, prefix: string): AsyncGenerator<ListedObject>;
  /** Undefined where there is no such object. */
  read(bucket: string, key: string): Promise<Uint8Array | undefined>;
  /** So many bytes from an offset on; fewer where the object ends. Rejects where there is no such object. */
  readRange(bucket: string, key: string, offset: number, length: number): Promise<Uint8Array>;
  /** An object from its beginning to its end, in pieces. */
  stream(bucket: string, key: string): AsyncGenerator<Uint8Array>;
  close(): void;
}

export async function openS3Objects(): Promise<S3Objects> {
  const sdk = await loadSdk();
  const client = createClient(sdk);

  async function explained<T>(bucket: string, name: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw explainS3(error, `s3://${bucket}`, name);
    }
  }
  const get = (bucket: string, key: string, more: { readonly Range?: string; readonly IfMatch?: string } = {}) =>
    client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...more }));

  return {
    async *list(bucket, prefix) {
      let token: string | undefined;
      do {
        const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
        const { Contents = [], NextContinuationToken } = await explained(bucket, prefix, () => client.send(command));
        for (const { Key, Size } of Contents) if (Key !== undefined) yield { key: Key, bytes: Size ?? 0 };
        token = NextContinuationToken;
      } while (token !== undefined);
    },
    read: (bucket, key) =>
      explained(bucket, key, async () => {
        try {
          return await (await get(bucket, key)).Body!.transformToByteArray();
        } catch (error) {
          if (isMissing(error)) return undefined;
          throw error;
        }
      }),
    readRange: (bucket, key, offset, length) =>
      explained(bucket, key, async () => {
        const { Body } = await get(bucket, key, { Range: `bytes=${offset}-${offset + length - 1}` });
        return await Body!.transformToByteArray();
      }),
    async *stream(bucket, key) {
      const first = await explained(bucket, key, () => get(bucket, key));
      const total = first.ContentLength ?? 0;
      let body = first.Body as Readable;
      let done = 0;
      for (let attempt = 1; ; ) {
        const before = done;
        try {
          for await (const chunk of body as AsyncIterable<Buffer>) {
            done += chunk.byteLength;
            yield chunk;
          }
          if (done >= total) return;
          throw new Error(`the connection ended after ${done} of ${total} bytes`);
        } catch (error) {
          attempt = done > before ? 1 : attempt + 1;
          if (attempt > MOST_ATTEMPTS) throw explainS3(error, `s3://${bucket}`, key);
          // The rest of the same object, or nothing.
          const rest = { Range: `bytes=${done}-`, ...(first.ETag !== undefined && { IfMatch: first.ETag }) };
          body = (await explained(bucket, key, () => get(bucket, key, rest))).Body as Readable;
        }
      }
    },
    close: () => client.destroy(),
  };
}
