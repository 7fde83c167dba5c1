/**
 * A bucket of an S3-compatible object store. Large files go up in parts; what an interrupted upload left behind is found by
 * listing it, and a part that is there with the right MD5 is not sent again. The SDK retries each request; the SHA-256 of a
 * whole object is kept as its metadata.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Destination, ObjectIdentity } from './destination.ts';
import { downloadObject } from './s3-download.ts';
import { explainS3, isMissing } from './s3-errors.ts';
import { createClient, loadSdk, type S3Object, type S3Sdk } from './s3-object.ts';
import { PART_BYTES, uploadParts } from './s3-upload.ts';

export class S3Destination implements Destination {
  readonly url: string;
  readonly #sdk: S3Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  static async open(bucket: string, prefix: string): Promise<S3Destination> {
    return new S3Destination(await loadSdk(), bucket, prefix);
  }

  private constructor(sdk: S3Sdk, bucket: string, prefix: string) {
    this.#sdk = sdk;
    this.url = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.#bucket = bucket;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.#client = createClient(sdk);
  }

  identify(name: string): Promise<ObjectIdentity | undefined> {
    return this.#unlessMissing(name, async ({ sdk, client, ...object }) => {
      const { ContentLength, Metadata } = await client.send(new sdk.HeadObjectCommand(object));
      const sha256 = Metadata?.['sha256'];
      return sha256 === undefined ? undefined : { bytes: ContentLength ?? 0, sha256 };
    });
  }

  read(name: string): Promise<Buffer | undefined> {
    return this.#unlessMissing(name, async ({ sdk, client, ...object }) => {
      const { Body } = await client.send(new sdk.GetObjectCommand(object));
      return Buffer.from(await Body!.transformToByteArray());
    });
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    await this.#explained(name, (object) => put(object, content));
  }

  async remove(name: string): Promise<void> {
    await this.#unlessMissing(name, ({ sdk, client, ...object }) => client.send(new sdk.DeleteObjectCommand(object)));
  }

  upload(name: string, file: string, identity: ObjectIdentity): Promise<number> {
    return this.#explained(name, async (object) => {
      if (identity.bytes > PART_BYTES) return uploadParts(object, file, identity);
      await put(object, await readFile(file));
      return identity.bytes;
    });
  }

  download(name: string, file: string): Promise<ObjectIdentity | undefined> {
    return this.#unlessMissing(name, (object) => downloadObject(object, file));
  }

  close(): void {
    this.#client.destroy();
  }

  async #unlessMissing<T>(name: string, action: (object: S3Object) => Promise<T>): Promise<T | undefined> {
    return this.#explained(name, async (object) => {
      try {
        return await action(object);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async #explained<T>(name: string, action: (object: S3Object) => Promise<T>): Promise<T> {
    try {
      return await action({
        sdk: this.#sdk,
        client: this.#client,
        Bucket: this.#bucket,
        Key: `${this.#prefix}${name}`,
      });
    } catch (error) {
      throw explainS3(error, this.url, name);
    }
  }
}

async function put({ sdk, client, ...object }: S3Object, Body: Uint8Array): Promise<void> {
  const Metadata = { sha256: createHash('sha256').update(Body).digest('hex') };
  await client.send(new sdk.PutObjectCommand({ ...object, Body, Metadata }));
}
