/**
 * What VISSL's training wraps around names, and its heads.
 *
 *     trunk._feature_blocks._fsdp_wrapped_module.res2.block1-part0._fpw_module.block1-0.f.a.0.weight
 *     heads.0._fpw_module.projection_head.0.weight
 *
 * Wrappers come from FSDP, from flattened parameters and from activation checkpoints; `block1-part0` is a group of blocks
 * between two activation checkpoints.
 */

const WRAPPERS = new Set(['_fsdp_wrapped_module', '_fpw_module', '_checkpoint_wrapped_module', 'module']);

/** A name without the segments that FSDP, DDP and activation checkpoints put into it. */
export function withoutWrappers(name: string): string {
  return name
    .split('.')
    .filter((segment) => !WRAPPERS.has(segment) && !/^block\d+-part\d+$/.test(segment))
    .join('.');
}

/** Where a tensor of a VISSL checkpoint belongs. */
export type VisslName =
  /** `name` begins with `_feature_blocks`. */
  | { readonly part: 'trunk'; readonly name: string }
  /** A layer of the projection head, by its place in the Sequential that also counts activations. */
  | { readonly part: 'head'; readonly index: number; readonly parameter: string }
  | { readonly part: 'prototypes'; readonly index: number }
  /** Heads of fine-tuned models, and of other methods. */
  | { readonly part: 'other' };

const PREFIX =
  /^(?:classy_state_dict\.)?(?:base_model\.)?(?:model\.)?(?:trunk\.)?(?:base_model\.)?(?=_feature_blocks\.)/;
const HEAD = /(?:^|\.)(?:heads\.)?\d+\.projection_head\.(\d+)\.(\w+)$/;
const PROTOTYPES = /(?:^|\.)(?:heads\.)?\d+\.prototypes(\d+)\.weight$/;

export function parseVisslName(wrapped: string): VisslName {
  const name = withoutWrappers(wrapped);
  const trunk = name.replace(PREFIX, '');
  if (trunk.startsWith('_feature_blocks.')) return { part: 'trunk', name: trunk };
  const [, layer, parameter] = HEAD.exec(name) ?? [];
  if (parameter !== undefined) return { part: 'head', index: Number(layer), parameter };
  const [, prototypes] = PROTOTYPES.exec(name) ?? [];
  if (prototypes !== undefined) return { part: 'prototypes', index: Number(prototypes) };
  return { part: 'other' };
}
