/** `hashtags.json`: the map for programs, and what the page is made of. */

export interface MappedTag {
  readonly tag: string;
  /** That it is the mean of. */
  readonly images: number;
  readonly x: number;
  readonly y: number;
  /** ISO 3166-1 alpha-2, by majority of the images with a country; null without any. */
  readonly country: string | null;
  /** Of the images with a country, those of this one. */
  readonly countryShare: number | null;
}

export interface HashtagSummary {
  readonly formatVersion: 1;
  /** Sec. 5.2, Figure 12. */
  readonly source: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly list: string;
  /** Of embeddings: files, or a checkpoint and a folder. */
  readonly embeddings: readonly string[];
  readonly images: {
    /** With an embedding and a line. */
    readonly used: number;
    readonly withoutEmbedding: { readonly count: number; readonly first: readonly string[] };
    readonly withoutHashtags: { readonly count: number; readonly first: readonly string[] };
    readonly skipped: readonly { readonly name: string; readonly code: string; readonly message: string }[];
  };
  /** Hashtags of which no image could be used. */
  readonly lost: readonly string[];
  /** Countries of hashtags. */
  readonly countries: number;
  readonly map: {
    readonly iterations: number;
    readonly divergence: number;
    readonly trustworthiness: number;
    readonly explained: number;
  };
  readonly time: string;
  readonly versions: Readonly<Record<string, string>>;
  /** The most frequent first. */
  readonly hashtags: readonly MappedTag[];
}
