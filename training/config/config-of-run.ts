import path from 'node:path';
import { loadConfig, type ResolvedConfig } from './config.ts';

/** The configuration of an earlier run. @param out its run folder. */
export function configOfRun(out: string): ResolvedConfig {
  const config = loadConfig({ file: path.join(out, 'config.yaml') });
  return { ...config, training: { ...config.training, out } };
}
