/** Debian's chromium, for tests that look at pages. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATH = process.env['AUSPEX_CHROMIUM'] ?? '/usr/bin/chromium';

/** Why there can be no browser; undefined where there can. */
export function whyNoBrowser(): string | undefined {
  return existsSync(PATH) ? undefined : `there is no ${PATH}: apt-get install chromium, or set AUSPEX_CHROMIUM`;
}

export function openBrowser(): Promise<Browser> {
  const args = [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ];
  return chromium.launch({ executablePath: PATH, headless: true, args });
}
