import { describe, expect, test } from '@jest/globals';
import { configurationChanges } from '../../src/config/changes.ts';
import { parseDriverName } from '../../src/core/names.ts';
import { configurationOf, problemsOf } from './load.ts';

const gold = parseDriverName('gold');
const driver = (csi: string, name = 'gold') =>
  `  ${name}: { backend: local, settings: { root: /srv/${name} }, csi: { ${csi} } }\n`;
const file = (...drivers: readonly string[]) => `drivers:\n${drivers.join('')}`;
const usual = 'endpoint: unix:///csi/csi.sock, name: local.csi.example.com';
const csiOf = async (text: string, environment = {}) =>
  (await configurationOf(text, environment)).drivers.get(gold)?.csi;

describe('a CSI endpoint', () => {
  test('exists only if it is configured', async () => {
    expect(await csiOf('drivers: { gold: { backend: local } }\n')).toBeUndefined();
    expect(await csiOf(file(driver(usual)))).toEqual({
      endpoint: '/csi/csi.sock',
      name: 'local.csi.example.com',
      mode: 'all',
      staging: true,
    });
  });

  test('can be set by variables', async () => {
    const environment = {
      HOLDFAST_DRIVERS_GOLD_CSI_ENDPOINT: 'unix:///csi/gold.sock',
      HOLDFAST_DRIVERS_GOLD_CSI_NAME: 'gold.example.com',
      HOLDFAST_DRIVERS_GOLD_CSI_MODE: 'node',
      HOLDFAST_DRIVERS_GOLD_CSI_NODE_ID: 'node-1',
      HOLDFAST_DRIVERS_GOLD_CSI_STAGING: 'false',
    };
    expect(await csiOf('drivers: { gold: { backend: local } }\n', environment)).toEqual({
      endpoint: '/csi/gold.sock',
      name: 'gold.example.com',
      mode: 'node',
      nodeId: 'node-1',
      staging: false,
    });
  });

  test.each([
    ['no name', 'endpoint: unix:///csi/csi.sock', '`drivers.gold.csi.name`'],
    ['a name that is not a domain name', 'endpoint: unix:///c.sock, name: a_b', 'form of a domain name'],
    ['TCP', 'endpoint: "tcp://127.0.0.1:1", name: a.b', 'must be the path of a Unix socket'],
    ['a mode that is not known', `${usual}, mode: both`, '`drivers.gold.csi.mode`'],
    ['a misspelt key', `${usual}, nodeID: x`, 'nodeId'],
    [
      'a path where Docker looks',
      'endpoint: unix:///run/docker/plugins/csi.sock, name: a.b',
      'below socketDir',
    ],
    [
      'a path below the mount root',
      'endpoint: unix:///var/lib/holdfast/mnt/csi.sock, name: a.b',
      'below mountRoot',
    ],
    [
      'the path of the admin socket',
      'endpoint: unix:///run/holdfast/admin.sock, name: a.b',
      'adminSocket as well',
    ],
    [
      'a path that is too long',
      `endpoint: "unix:///${'x'.repeat(120)}", name: a.b`,
      'bytes long: use at most',
    ],
  ])('with %s is refused', async (_, csi, words) => {
    expect((await problemsOf(file(driver(csi)))).join('\n')).toContain(words);
  });

  test('belongs to one driver', async () => {
    const problems = await problemsOf(file(driver(usual), driver(usual, 'silver')));
    expect(problems.join('\n')).toContain('is the endpoint of driver gold as well: give each its own');
  });

  test('is changed only by a restart, and opened with an added driver', async () => {
    const before = await configurationOf(file(driver(usual)));
    const moved = await configurationOf(file(driver(usual.replace('csi.sock', 'other.sock'))));
    expect(configurationChanges(before, moved).needRestart).toEqual(['csi of driver gold has changed']);
    const more = driver(usual.replace('csi.sock', 'silver.sock'), 'silver');
    const added = configurationChanges(before, await configurationOf(file(driver(usual), more)));
    expect([added.needRestart, added.drivers.added]).toEqual([[], ['silver']]);
  });
});
