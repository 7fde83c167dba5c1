/** What the server tells of its services to those who ask by reflection, such as grpcurl. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import protobuf from 'protobufjs/minimal.js';
import { packageRoot } from '../../../kernels/addon.ts';

export function reflectionService(): ReflectionService {
  const descriptors = readFileSync(path.join(packageRoot, 'protos', 'generated', 'descriptors.binpb'));
  // Of a definition, only its files are looked at.
  const definition = {
    auspex: { format: 'Protocol Buffer 3 DescriptorProto', fileDescriptorProtos: filesOf(descriptors) },
  };
  return new ReflectionService(definition as unknown as PackageDefinition);
}

/** The files of a FileDescriptorSet, each as it is. */
function filesOf(set: Uint8Array): Buffer[] {
  const reader = protobuf.Reader.create(set);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    // Field 1 is the only one that there is.
    const tag = reader.uint32();
    if (tag === 10) files.push(Buffer.from(reader.bytes()));
    else reader.skipType(tag & 7);
  }
  return files;
}
