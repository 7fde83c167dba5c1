/** Small images, with or without a place in their EXIF, and messages that hold them. */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { ImageMessage } from '../../../data/topics/image-message.ts';

export type Format = 'jpeg' | 'png' | 'webp' | 'avif';

/** EXIF entries as sharp takes them: fractions as text. */
export type Gps = Readonly<Record<string, string>>;

export function gpsOf(latitude: number, longitude: number): Gps {
  return {
    ...{ GPSLatitudeRef: latitude < 0 ? 'S' : 'N', GPSLatitude: fractions(Math.abs(latitude)) },
    ...{ GPSLongitudeRef: longitude < 0 ? 'W' : 'E', GPSLongitude: fractions(Math.abs(longitude)) },
  };
}

/** An encoded image of 24x16 pixels. */
export function image(format: Format = 'jpeg', gps?: Gps): Promise<Buffer> {
  const plain = sharp({ create: { width: 24, height: 16, channels: 3, background: '#7a4' } });
  return (gps ? plain.withExif({ IFD0: { Make: 'A camera' }, IFD3: { ...gps } }) : plain)[format]().toBuffer();
}

export function messageOf(inline: Uint8Array, labels: Record<string, string> = {}): ImageMessage {
  return { name: 'a.jpg', sha256: createHash('sha256').update(inline).digest(), content: { inline }, labels };
}

export function referenceTo(labels: Record<string, string> = {}): ImageMessage {
  const reference = { shard: '/data/a.tar', offset: 512, length: 100 };
  return { name: 'a.jpg', sha256: new Uint8Array(32), content: { reference }, labels };
}

/** Degrees, minutes and hundredths of seconds. */
function fractions(degrees: number): string {
  const hundredths = Math.round(degrees * 360_000);
  return `${Math.floor(hundredths / 360_000)}/1 ${Math.floor(hundredths / 6000) % 60}/1 ${hundredths % 6000}/100`;
}
