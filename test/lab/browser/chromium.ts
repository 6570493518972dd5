import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** What the tests in a browser need; pass it to `describeWith`. Debian's Chromium. */
export const realBrowser = { root: true, paths: ['/usr/bin/chromium'] } as const;

/** Without its sandbox, which root cannot have; it only sees the page of a test. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: realBrowser.paths[0], args: ['--no-sandbox'] });
}

export interface Look {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
}

/** A page with everything that its browser complained about, such as what its policy forbids. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

export async function openPage(
  browser: Browser,
  address: string,
  { colorScheme = 'light', width = 1280 }: Look = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  await page.goto(address);
  return { page, complaints };
}

/** By the keyboard, as whoever has a token does. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Drivers' }).waitFor();
}

/** What axe finds wrong for people who hear the page, use the keyboard, or see little. */
export async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<readonly string[]>(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary).join('; ')))",
  );
}

/** Pixels that the page is wider than the window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}
