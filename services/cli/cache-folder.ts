import path from 'node:path';

/** Where what can be fetched or computed again is kept. */
export function cacheFolder(): string {
  return (
    process.env['AUSPEX_CACHE'] ??
    path.join(process.env['XDG_CACHE_HOME'] || path.join(process.env['HOME'] ?? '.', '.cache'), 'auspex')
  );
}
