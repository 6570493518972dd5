import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** What the tests in a browser need; pass it to `describeWith`. Debian's Chromium. */
export const realBrowser = { root: true, paths: ['/usr/bin/chromium'] } as const;

/** Starts the browser without its sandbox, which root cannot use. It loads only pages of tests. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: realBrowser.paths[0], args: ['--no-sandbox'] });
}

export interface Look {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
}

/** A page, and the browser's errors and warnings about it, such as violations of its policy. */
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

/** Signs in with the keyboard. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Drivers' }).waitFor();
}

/** axe's findings: barriers for people who use a screen reader or the keyboard, or have low vision. */
export async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<readonly string[]>(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary).join('; ')))",
  );
}

/** The number of pixels by which the page is wider than the window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}
