export * from 'protobufjs';
