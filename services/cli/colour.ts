/**
 * Colour where a person looks: on a terminal, unless NO_COLOR is set. Elsewhere only where FORCE_COLOR asks for it: what a program reads,
 * also one of continuous integration, is plain.
 */
import pc from 'picocolors';

const isLookedAt = process.stdout.isTTY || Boolean(process.env['FORCE_COLOR']);

export const colour = pc.createColors(pc.isColorSupported && isLookedAt);
