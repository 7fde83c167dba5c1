/** The generated messages of protos/auspex/v1/actors.proto, by their own names. */
import { auspex } from '#protos/actors.js';

export const { Frame, Value, ArrayType } = auspex.v1;

export type Frame = auspex.v1.Frame.$Properties;
export type Value = auspex.v1.Value.$Properties;
export type Envelope = auspex.v1.Envelope.$Properties;
export type Failure = auspex.v1.Failure.$Properties;
export type Progress = auspex.v1.Progress.$Properties;
export type Address = auspex.v1.Address.$Properties;
export type Hello = auspex.v1.Hello.$Properties;
export type Welcome = auspex.v1.Welcome.$Properties;
export type ArrayType = auspex.v1.ArrayType;

/** Raised by every change after which an older side would misunderstand a newer one. */
export const PROTOCOL_VERSION = 1;
