/** The generated messages of protos/auspex/actors/v1/actors.proto, by their own names. */
import { auspex } from '#protos/actors.js';

export const { Frame, Value, ArrayType } = auspex.actors.v1;

export type Frame = auspex.actors.v1.Frame.$Properties;
export type Value = auspex.actors.v1.Value.$Properties;
export type Envelope = auspex.actors.v1.Envelope.$Properties;
export type Failure = auspex.actors.v1.Failure.$Properties;
export type Progress = auspex.actors.v1.Progress.$Properties;
export type Address = auspex.actors.v1.Address.$Properties;
export type Hello = auspex.actors.v1.Hello.$Properties;
export type Welcome = auspex.actors.v1.Welcome.$Properties;
export type ArrayType = auspex.actors.v1.ArrayType;

/** Raised by every change after which an older side would misunderstand a newer one. */
export const PROTOCOL_VERSION = 1;
