/** Device files: those that come along, those that were measured here, and any that is given by its path. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { closest } from 'fastest-levenshtein';
import * as z from 'zod';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { messageOf } from '../../errors.ts';
import { type DeviceFile, deviceFileSchema } from '../../program/simulator/device.ts';
import a10040 from '../../program/simulator/devices/a100-40.json' with { type: 'json' };
import a10080 from '../../program/simulator/devices/a100-80.json' with { type: 'json' };
import h100 from '../../program/simulator/devices/h100.json' with { type: 'json' };
import rtx3090 from '../../program/simulator/devices/rtx-3090.json' with { type: 'json' };
import v10032 from '../../program/simulator/devices/v100-32.json' with { type: 'json' };
import xeonAmx from '../../program/simulator/devices/xeon-amx-2.json' with { type: 'json' };
import { PlanError } from './errors.ts';

/** Those that come along, checked when they are asked for. */
const SHIPPED: readonly unknown[] = [a10040, a10080, h100, v10032, rtx3090, xeonAmx];

export function shippedDevices(): DeviceFile[] {
  return SHIPPED.map((file) => deviceFileSchema.parse(file));
}

/** Where `auspex plan calibrate` puts what it measures. */
export function devicesFolder(cacheFolder: string): string {
  return path.join(cacheFolder, 'devices');
}

/**
 * The device of a name, or of the file that is given.
 * @param folder of devices that were measured; it need not be there
 * @throws PlanError DEVICE_UNKNOWN that lists the known ones, DEVICE_INVALID
 */
export function findDevice(name: string, folder: string): DeviceFile {
  if (name.endsWith('.json')) return readDevice(name);
  const measured = measuredNames(folder);
  if (measured.includes(name)) return readDevice(path.join(folder, `${name}.json`));
  const shipped = shippedDevices();
  const found = shipped.find((device) => device.name === name.toLowerCase());
  if (found) return found;
  const known = [...measured, ...shipped.map((device) => device.name)];
  throw new PlanError(
    'DEVICE_UNKNOWN',
    `no device "${name}"; the nearest is "${closest(name, known)}". Known: ${known.join(', ')}; ` +
      'or a device file (.json). `auspex plan calibrate` measures this machine.',
  );
}

/** Those that were measured here, then those that come along. @throws PlanError DEVICE_INVALID */
export function knownDevices(folder: string): DeviceFile[] {
  return [...measuredNames(folder).map((name) => findDevice(name, folder)), ...shippedDevices()];
}

/** Names of the devices in a folder. */
function measuredNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
  } catch {
    // Nothing was measured here yet.
    return [];
  }
}

function readDevice(file: string): DeviceFile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new PlanError('DEVICE_INVALID', `${file} cannot be read as a device file: ${messageOf(error)}`);
  }
  const parsed = deviceFileSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' ');
  throw new PlanError('DEVICE_INVALID', `${file} is no device file: ${problems}`);
}

export async function writeDevice(device: DeviceFile, file: string): Promise<void> {
  await writeFileAtomically(file, (handle) => handle.writeFile(`${JSON.stringify(device, undefined, 1)}\n`));
}
