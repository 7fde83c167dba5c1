/**
 * A real S3 server on loopback, versitygw over a folder, and a proxy before it that can fail: requests are counted, answered
 * with an error, cut off, or let through.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** How the tests get it, for whoever lacks it. */
export const S3_SERVER = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

/** The program, or undefined where it is not installed: on the PATH, or where `go install` puts it. */
export function findS3Server(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), path.join(goPath(), 'bin')];
  return folders.map((folder) => path.join(folder, 'versitygw')).find((file) => existsSync(file));
}

function goPath(): string {
  try {
    return execFileSync('go', ['env', 'GOPATH'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return path.join(os.homedir(), 'go');
  }
}

export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'auspex-test', AWS_SECRET_ACCESS_KEY: 'not-a-secret' } as const;

export class S3Server {
  readonly #program: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #port = 0;

  /** @param folder for buckets, and for what is known about their objects; they outlive the server */
  constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
    for (const name of ['buckets/checkpoints', 'sidecar']) mkdirSync(path.join(folder, name), { recursive: true });
  }

  get port(): number {
    return this.#port;
  }

  /** File of an object, to look at or to damage. */
  fileOf(key: string): string {
    return path.join(this.#folder, 'buckets', 'checkpoints', key);
  }

  /** On the same port as before, if it ran before. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    const { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret } = CREDENTIALS;
    const own = ['--quiet', '--port', `127.0.0.1:${this.#port}`, '--access', access, '--secret', secret];
    const backend = ['posix', '--sidecar', path.join(this.#folder, 'sidecar'), path.join(this.#folder, 'buckets')];
    const child = spawn(this.#program, [...own, ...backend], { stdio: 'ignore' });
    this.#child = child;
    while (!(await canConnect(this.#port))) {
      if (child.exitCode !== null) throw new Error(`${this.#program} ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

/** What becomes of a request. */
export type Fate = 'pass' | { readonly status: number } | { readonly cutAfter: number };

/** A request to S3 by what it is for. */
export interface S3Request {
  /** As `PutObject`, `UploadPart`, `GetObject`, ... */
  readonly operation: string;
  readonly key: string;
}

export class FaultyProxy {
  readonly requests: S3Request[] = [];
  /** Decides about each request; may do something first. */
  decide: (request: S3Request) => Fate | Promise<Fate> = () => 'pass';
  readonly #server: http.Server;

  private constructor(target: () => number) {
    this.#server = http.createServer((request, response) => {
      void this.#handle(request, response, target());
    });
  }

  static async start(target: () => number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(operation: string): number {
    return this.requests.filter((request) => request.operation === operation).length;
  }

  reset(): void {
    this.requests.length = 0;
    this.decide = () => 'pass';
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse, port: number): Promise<void> {
    const described = describe(request);
    this.requests.push(described);
    const fate = await this.decide(described);
    if (fate !== 'pass' && 'status' in fate) {
      request.resume().on('end', () => response.writeHead(fate.status).end());
      return;
    }
    const { method, url: target, headers } = request;
    const forwarded = http.request({ host: '127.0.0.1', port, method, path: target, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      if (fate === 'pass') answer.pipe(response);
      else cutOff(answer, response, fate.cutAfter);
      answer.on('error', () => response.destroy());
    });
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  }
}

function cutOff(answer: http.IncomingMessage, response: http.ServerResponse, bytes: number): void {
  let left = bytes;
  answer.on('data', (chunk: Buffer) => {
    const some = chunk.subarray(0, left);
    left -= some.length;
    response.write(some, () => left === 0 && response.destroy());
    if (left === 0) answer.destroy();
  });
}

function describe({ method, url }: http.IncomingMessage): S3Request {
  const { pathname, searchParams } = new URL(url!, 'http://localhost');
  const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
  const has = (name: string) => searchParams.has(name);
  const operations: Readonly<Record<string, string>> = {
    GET: has('uploads') ? 'ListMultipartUploads' : has('uploadId') ? 'ListParts' : 'GetObject',
    HEAD: 'HeadObject',
    PUT: has('uploadId') ? 'UploadPart' : 'PutObject',
    POST: has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload',
    DELETE: 'DeleteObject',
  };
  return { operation: operations[method!]!, key };
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
