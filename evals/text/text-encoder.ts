/**
 * A text encoder in a local folder, such as BERT as ONNX: `model.onnx` (or `onnx/model.onnx`) and `tokenizer.json`, as Hugging Face's
 * tools export them. ONNX Runtime runs it; nothing is ever downloaded.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { messageOf } from '../../errors.ts';
import { EvaluationError } from '../errors.ts';

/** What becomes a text's features: the output of a pooler after the last layer, its first token's, or the mean over its tokens. */
export type TextPooling = 'pooler' | 'cls' | 'mean';

/** Texts of one run. */
const BATCH = 32;
const MODEL_FILES = ['model.onnx', path.join('onnx', 'model.onnx')];
const TOKENIZER_FILE = 'tokenizer.json';

/** Types for the little that is used: its package has none for all versions. */
interface Runtime {
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown;
  readonly InferenceSession: { create(file: string): Promise<Session> };
}
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(
    feeds: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>>;
}

/** The model's file. @throws EvaluationError TEXT_MODEL where the folder lacks a file */
export function requireTextModel(folder: string): string {
  const model = MODEL_FILES.map((name) => path.join(folder, name)).find((file) => existsSync(file));
  if (model !== undefined && existsSync(path.join(folder, TOKENIZER_FILE))) return model;
  const missing = model === undefined ? MODEL_FILES.join(' or ') : TOKENIZER_FILE;
  throw new EvaluationError(
    'TEXT_MODEL',
    `${folder} has no ${missing}. Give a folder with a text model as ONNX and its ${TOKENIZER_FILE}, such as BERT-base exported by Hugging Face's Optimum.`,
  );
}

export class OnnxTextEncoder {
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #tokenizer: Tokenizer;
  readonly #pooling: TextPooling;
  readonly #maximumTokens: number;

  /** @throws EvaluationError TEXT_MODEL */
  static async open(folder: string, pooling: TextPooling, maximumTokens: number): Promise<OnnxTextEncoder> {
    const model = requireTextModel(folder);
    const runtime = loadRuntime();
    try {
      const session = await runtime.InferenceSession.create(model);
      const tokenizer = new Tokenizer(
        await readJson(path.join(folder, TOKENIZER_FILE)),
        existsSync(path.join(folder, 'tokenizer_config.json'))
          ? await readJson(path.join(folder, 'tokenizer_config.json'))
          : {},
      );
      const output = pooling === 'pooler' ? 'pooler_output' : 'last_hidden_state';
      if (session.outputNames.includes(output)) {
        return new OnnxTextEncoder(runtime, session, tokenizer, pooling, maximumTokens);
      }
      const has = session.outputNames.join(', ');
      throw new Error(
        `it has no output ${output} (it has ${has}); choose another --set textPooling=pooler, cls or mean`,
      );
    } catch (error) {
      throw new EvaluationError('TEXT_MODEL', `${folder} cannot be used as a text model: ${messageOf(error)}.`, {
        cause: error,
      });
    }
  }

  private constructor(
    runtime: Runtime,
    session: Session,
    tokenizer: Tokenizer,
    pooling: TextPooling,
    maximumTokens: number,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#pooling = pooling;
    this.#maximumTokens = maximumTokens;
  }

  /** @returns (texts, width) f32, and how many texts were longer than the most tokens, and were cut */
  async encode(
    texts: readonly string[],
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
  ): Promise<{ values: Float32Array; width: number; cut: number }> {
    const rows: Float32Array[] = [];
    let cut = 0;
    for (let first = 0; first < texts.length; first += BATCH) {
      signal?.throwIfAborted();
      const tokens = texts.slice(first, first + BATCH).map((text) => this.#tokenizer.encode(text).ids);
      cut += tokens.filter(({ length }) => length > this.#maximumTokens).length;
      rows.push(...(await this.#run(tokens.map((ids) => this.#shorten(ids)))));
      onProgress?.(rows.length, texts.length);
    }
    const width = rows[0]?.length ?? 0;
    const values = new Float32Array(rows.length * width);
    for (const [row, numbers] of rows.entries()) values.set(numbers, row * width);
    return { values, width, cut };
  }

  /** The last token ends a text, and stays. */
  #shorten(ids: readonly number[]): readonly number[] {
    return ids.length <= this.#maximumTokens ? ids : [...ids.slice(0, this.#maximumTokens - 1), ids.at(-1)!];
  }

  async #run(tokens: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const length = Math.max(...tokens.map((ids) => ids.length));
    const fill = (numberOf: (row: number, column: number) => number) => {
      const values = new BigInt64Array(tokens.length * length);
      for (let i = 0; i < values.length; i++) values[i] = BigInt(numberOf(Math.floor(i / length), i % length));
      return new this.#runtime.Tensor('int64', values, [tokens.length, length]);
    };
    const isThere = (row: number, column: number) => Number(column < tokens[row]!.length);
    const all: Readonly<Record<string, () => unknown>> = {
      input_ids: () => fill((row, column) => tokens[row]![column] ?? 0),
      attention_mask: () => fill(isThere),
      token_type_ids: () => fill(() => 0),
    };
    const feeds = Object.fromEntries(this.#session.inputNames.map((name) => [name, all[name]?.()]));
    const outputs = await this.#session.run(feeds);
    if (this.#pooling === 'pooler') return rowsOf(outputs['pooler_output']!.data, tokens.length);
    const { data, dims } = outputs['last_hidden_state']!;
    const width = dims.at(-1)!;
    return tokens.map((ids, row) => {
      const of = (token: number) => data.subarray((row * length + token) * width, (row * length + token + 1) * width);
      return this.#pooling === 'cls' ? of(0).slice() : meanOf(ids.map((_, token) => of(token)));
    });
  }
}

function rowsOf(values: Float32Array, rows: number): Float32Array[] {
  const width = values.length / rows;
  return Array.from({ length: rows }, (_, row) => values.slice(row * width, (row + 1) * width));
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0]!.map((_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);
}

async function readJson(file: string): Promise<object> {
  return JSON.parse(await readFile(file, 'utf8')) as object;
}

/** It is 100 MB that nothing else needs, and so may have been left out. */
function loadRuntime(): Runtime {
  try {
    return createRequire(import.meta.url)('onnxruntime-node') as Runtime;
  } catch (cause) {
    const message = `ONNX Runtime, which runs text models, is not installed (${messageOf(cause)}). Install it with: npm install onnxruntime-node@1.16.3`;
    throw new EvaluationError('TEXT_MODEL', message, { cause });
  }
}
