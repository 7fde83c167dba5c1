/** Which errors end a training, because another try would only meet them again. All others may pass. */
const HOPELESS = new Set([
  'BAD_WORLD_SIZE',
  'BUDGET_TOO_SMALL',
  // No older one is good either.
  'CHECKPOINT_DAMAGED',
  'CHECKPOINT_MISMATCH',
  'CHECKPOINT_TOO_NEW',
  'NOT_FINITE',
  'RANKS_DIFFER',
  'NO_IMAGES',
  'TOO_FEW_IMAGES',
  'TOO_MANY_SKIPPED',
  'GLOO_MISSING',
  'NCCL_MISSING',
  'TENSORFLOW_NOT_SET_UP',
  'RUN_NOT_FOUND',
  'RUN_FORMAT_TOO_NEW',
  'RUN_FILE_BROKEN',
]);

export function isHopeless(error: unknown): boolean {
  return error instanceof Error && 'code' in error && isHopelessCode(String(error.code));
}

/** The same for an error of which another process has told. */
export function isHopelessCode(code: string): boolean {
  return HOPELESS.has(code);
}
