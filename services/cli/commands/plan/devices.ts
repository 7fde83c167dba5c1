import type { Command } from 'commander';
import { deviceOf } from '../../../../program/simulator/device.ts';
import { devicesFolder, knownDevices } from '../../../../training/plan/devices.ts';
import { cacheFolder } from '../../cache-folder.ts';
import { Output, shortBytes, shortCount, table } from '../../output.ts';

export function addDevicesCommand(plan: Command): void {
  plan
    .command('devices')
    .description(
      'devices that can be planned for, those of this machine first; with --json every number and its source',
    )
    .option('--json', 'print the result as JSON')
    .action((options: { json?: boolean }) => {
      const files = knownDevices(devicesFolder(cacheFolder()));
      const rows = files
        .map(deviceOf)
        .map(({ name, description, memory, arithmetic, host, network }) => [
          name,
          shortBytes(memory.bytes),
          `${(memory.bytesPerSecond / 1e9).toFixed(0)} GB/s`,
          `${shortCount(arithmetic.f32.flopsPerSecond)}FLOP/s`,
          arithmetic.bf16 ? `${shortCount(arithmetic.bf16.flopsPerSecond)}FLOP/s` : '-',
          `${host.ranks}`,
          `${(network.bytesPerSecond / 1e9).toFixed(0)} GB/s`,
          description,
        ]);
      const head = ['device', 'memory', 'bandwidth', 'f32', 'bf16', 'per host', 'network', 'is'];
      new Output(options).result({ devices: files }, table([head, ...rows]));
    });
}
