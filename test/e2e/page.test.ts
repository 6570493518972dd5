import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import {
  barriers,
  type Look,
  openBrowser,
  openPage,
  overflow,
  realBrowser,
  signIn,
} from '../lab/browser/chromium.ts';
import type { MachineSettings } from '../lab/machine.ts';
import { freePort } from '../lab/network/free-port.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume } from './volumes.ts';

/** `UPDATE_PICTURES=1 npm test -- test/e2e/page.test.ts` writes the pictures of the documentation; never in CI. */
const update = process.env.UPDATE_PICTURES === '1' && !process.env.CI;
/** In milliseconds. Long, because usage is measured only now and then, in the background. */
const patience = { timeout: 100_000 };
const token = 'd4'.repeat(32);

/** Files and a port for this test alone. */
async function ownPlaces() {
  const folder = mkdtempSync('/tmp/holdfast-page-');
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  const listen = `127.0.0.1:${await freePort()}`;
  const settings = {
    drivers: {
      holdfast: { backend: 'local', settings: { root: `${folder}/volumes` } },
      // Nothing listens there.
      files: { backend: 'nfs', settings: { server: '127.0.0.1', export: '/none', mountOptions: 'port=9' } },
    },
    admin: { listen, tokenFile: `${folder}/token`, page: true },
  };
  return { folder, address: `http://${listen}/`, settings };
}

describeWith({ ...realEngine, ...realBrowser }, 'the page, on a real daemon', () => {
  let browser: Browser;
  let open: Page[] = [];
  let folder = '';
  let address = '';
  const settings: MachineSettings = {};
  beforeAll(async () => {
    const places = await ownPlaces();
    ({ folder, address } = places);
    Object.assign(settings, places.settings);
    browser = await openBrowser();
  });
  const machine = useMachine(settings);
  afterEach(async () => {
    for (const page of open) await page.close();
    open = [];
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function look(how?: Look): Promise<Page> {
    const { page } = await openPage(browser, address, how);
    open.push(page);
    await signIn(page, token);
    return page;
  }
  /** The history of its use is another table, whose rows have the driver's name as well. */
  const row = (page: Page, name: string) =>
    page.getByRole('row').filter({ hasText: name, hasNotText: `/${name}` });
  const markOf = (page: Page, words: RegExp) => page.getByRole('button', { name: words }).first();

  beforeEach(async () => {
    await createVolume(machine(), 'orders', 'size=16MiB');
    await createVolume(machine(), 'cache');
    await inContainer(machine(), ['orders:/d'], 'dd if=/dev/zero of=/d/rows bs=1k count=12500');
    await startContainer(machine(), 'shop', ['orders:/d']);
  });

  test('shows drivers, volumes with use and users, and events, as the commands do', async () => {
    const page = await look();
    await row(page, 'holdfast').getByText('open').waitFor();
    await row(page, 'files').getByText('server refused').waitFor();
    await row(page, 'orders')
      .getByText(/9\d% full/)
      .first()
      .waitFor(patience);
    const listed: { readonly usage: { readonly usedBytes: number } }[] = JSON.parse(
      await machine().holdfast.command('volume', 'ls', '--filter', 'name=orders', '--json'),
    ).volumes;
    const [, percent = ''] = /(\d+)% full/.exec((await row(page, 'orders').textContent()) ?? '') ?? [];
    const text = await machine().holdfast.command('volume', 'ls', '--format', '{{.Name}} {{.UsedPercent}}');
    expect(text).toContain(`orders ${percent}%`);
    expect(listed).toHaveLength(1);
    await row(page, 'orders').getByText('sleep').waitFor();
    await row(page, 'cache').getByText('not mounted').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'mount holdfast/orders' }).first().waitFor();
    await page.getByRole('img', { name: /How full the fullest volumes are/ }).waitFor();
    await page.getByRole('rowheader', { name: /^mount \(\d+ calls?\)/ }).waitFor();

    await createVolume(machine(), 'later');
    await row(page, 'later').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'create holdfast/later' }).waitFor();
    await machine().docker('volume', 'rm', 'later');
    await row(page, 'later').waitFor({ state: 'detached' });
  });

  test('explains a red mark with one click, and shows the command that fixes it', async () => {
    const { namespace, folder: machineFolder } = machine();
    await namespace.run('ln', '-sf', `${machineFolder}/docker.sock`, '/run/docker.sock');
    const page = await look();
    await markOf(page, /^Driver files: server refused, failure/).click();
    const dialog = page.getByRole('dialog', { name: 'Driver files' });
    await dialog.getByText(/it refused the connection to port 9: start its NFS service/).waitFor();
    await dialog.getByText('What mends it:').waitFor();
    await dialog.getByText('holdfast doctor', { exact: true }).waitFor();
    const said = await dialog.textContent();
    const inspected = await machine().holdfast.command('driver', 'inspect', 'files');
    expect(inspected).toContain('it refused the connection to port 9: start its NFS service');
    expect(said).toContain('holdfast driver inspect files');
    await dialog.getByRole('button', { name: 'Close' }).click();

    await markOf(page, /^Volume orders: 9\d% full, warning/).click(patience);
    const volume = page.getByRole('dialog', { name: 'Volume orders' });
    await volume.getByText('container shop of Docker (running').waitFor();
    const command = (await volume.locator('.command code').first().textContent()) ?? '';
    expect(command).toContain('du ');
    const { stdout } = await namespace.run('sh', '-c', command);
    expect(stdout).toMatch(new RegExp(`1[23]M\\s+${machine().mountpoint('orders')}`));
  });

  const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
    [360, 1280].map((width) => ({ colorScheme, width })),
  );
  // One test, because a new volume has no figures for up to a minute.
  test('has no barriers and fits, in light and dark colours, at 360 and 1280 pixels', async () => {
    for (const how of looks) {
      const page = await look(how);
      await markOf(page, /^Volume orders: 9\d% full/).waitFor(patience);
      expect({ how, overflow: await overflow(page), barriers: await barriers(page) }).toEqual({
        how,
        overflow: 0,
        barriers: [],
      });
      const isDark = await page.evaluate<boolean>(
        "getComputedStyle(document.body).color === 'rgb(231, 235, 239)'",
      );
      expect(isDark).toBe(how.colorScheme === 'dark');
      if (update && how.width === 1280) await takePicture(page, how.colorScheme);
      await markOf(page, /^Driver files: server refused/).click();
      await page.getByText('What mends it:').waitFor();
      expect({ how, overflow: await overflow(page), barriers: await barriers(page) }).toEqual({
        how,
        overflow: 0,
        barriers: [],
      });
    }
  });

  test('can be used with the keyboard alone', async () => {
    const { page } = await openPage(browser, address);
    open.push(page);
    const focused = () =>
      page.evaluate<string>(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
      );
    const tabTo = async (words: RegExp) => {
      for (let presses = 0; presses < 60; presses += 1) {
        if (words.test(await focused())) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`The focus did not come to ${words}: it is at ${await focused()}.`);
    };
    await page.keyboard.press('Tab');
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await row(page, 'orders').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the drivers');
    await page.keyboard.press('Enter');
    await tabTo(/^Driver files: server refused/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('What mends it:').waitFor();
    await tabTo(/^Copy holdfast doctor/);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toMatch(/^Driver files: server refused/);
    await tabTo(/^List of volumes$/);
    await tabTo(/^Users/);
    await page.keyboard.press('Enter');
    expect(await page.getByRole('columnheader', { name: 'Users' }).getAttribute('aria-sort')).toBe(
      'ascending',
    );
    await tabTo(/^cache$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Volume cache' }).getByText('Nobody.').waitFor();
  });

  test('keeps its data while the daemon is away, says so, and continues', async () => {
    const page = await look({ colorScheme: 'dark' });
    await row(page, 'orders').waitFor();
    await page.getByRole('button', { name: 'Theme: auto' }).click();
    await machine().holdfast.stop();
    await page.getByRole('alert').waitFor();
    await row(page, 'orders').waitFor();
    await machine().holdfast.start();
    await page.getByRole('alert').waitFor({ state: 'detached', ...patience });
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await page.evaluate<string>('getComputedStyle(document.body).color')).toBe('rgb(26, 31, 36)');
  });
});

async function takePicture(page: Page, colorScheme: string): Promise<void> {
  await page.getByRole('img', { name: /How full the fullest volumes are/ }).waitFor(patience);
  await page.setViewportSize({ width: 1000, height: 900 });
  await page.screenshot({ path: `docs/images/page-${colorScheme}.png` });
}
