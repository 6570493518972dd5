import { beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { shellWords } from './command-line.ts';
import { application, mesosVolumes, optionsOfMarathon, optionsOfTask } from './mesos-formats.ts';
import { creationsIn, driversOf, optionsIn, type PageDriver } from './page-drivers.ts';
import { fencesOf, firstCellsOf, proseOf, readPage, sectionOf } from './pages.ts';

const page = readPage('docs/orchestrators/mesos.md');
const fences = fencesOf(page);

/** What the isolator `volume/csi` reads (CSIPluginInfo and Volume of mesos.proto). */
const csiPlugin = z.strictObject({
  type: z.string(),
  endpoints: z.array(
    // A URI of gRPC.
    z.strictObject({ csi_service: z.literal('NODE_SERVICE'), endpoint: z.string().startsWith('unix:///') }),
  ),
  target_path_root: z.string().startsWith('/'),
});
const csiVolume = z.strictObject({
  container_path: z.string(),
  mode: z.enum(['RW', 'RO']),
  source: z.strictObject({
    type: z.literal('CSI_VOLUME'),
    csi_volume: z.strictObject({
      plugin_name: z.string(),
      static_provisioning: z.strictObject({
        volume_id: z.string(),
        volume_capability: z.strictObject({
          mount: z.strictObject({}),
          access_mode: z.strictObject({ mode: z.string() }),
        }),
      }),
    }),
  }),
});

let drivers: ReadonlyMap<string, PageDriver> = new Map();
beforeAll(async () => {
  drivers = await driversOf(page);
});

interface Asked {
  readonly driver: string;
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

const json: readonly unknown[] = fences
  .filter(({ language }) => language === 'json')
  .map(({ text }) => JSON.parse(text));
const lists = json.filter(Array.isArray).map((read) => mesosVolumes.parse(read));
const objects = json.filter(
  (read): read is object => typeof read === 'object' && read !== null && !Array.isArray(read),
);
const applications = objects.filter((read) => 'instances' in read).map((read) => application.parse(read));
const plugins = objects.filter((read) => 'endpoints' in read).map((read) => csiPlugin.parse(read));
const csiVolumes = objects.filter((read) => 'container_path' in read).map((read) => csiVolume.parse(read));

test('the volumes of the isolator volume/csi are of a plugin of the page', () => {
  expect(plugins.length + csiVolumes.length + applications.length).toBe(objects.length);
  expect([plugins.length, csiVolumes.length]).toEqual([1, 1]);
  expect(csiVolumes[0]?.source.csi_volume.plugin_name).toBe(plugins[0]?.type);
});

function ofTask({ source }: z.infer<typeof mesosVolumes>[number]): Asked {
  const { driver, name } = source.docker_volume;
  return { driver, name, options: optionsOfTask(source.docker_volume) };
}

function ofApplication({ container }: z.infer<typeof application>): readonly Asked[] {
  const external = container.volumes.map((volume) => optionsOfMarathon(volume.external));
  return container.type === 'MESOS' ? external : [...external, ...container.docker.parameters.map(ofMount)];
}

/** A `--mount` of docker. */
function ofMount({ value }: { readonly value: string }): Asked {
  const parts = value.split(',');
  const { src = '', ...others } = optionsIn(parts);
  const driver = /(?:^|,)volume-driver=([^,]+)/.exec(value)?.[1] ?? '';
  expect([others.type, others.dst?.startsWith('/')]).toEqual(['volume', true]);
  const given = parts.filter((part) => part.startsWith('volume-opt='));
  return { driver, name: src, options: optionsIn(given.map((part) => part.slice('volume-opt='.length))) };
}

test('volumes of tasks and applications use drivers of the page, with options that these accept', () => {
  const asked = [...lists.flat().map(ofTask), ...applications.flatMap(ofApplication), ...creationsIn(page)];
  expect([lists.length, applications.length, asked.length]).toEqual([2, 3, 8]);
  for (const { driver, name, options } of asked) {
    const planned = drivers.get(driver)?.plan(options, name);
    expect([driver, Object.keys(planned?.given ?? {}).length]).toEqual([driver, Object.keys(options).length]);
  }
});

test('a mistyped field or option is detected', () => {
  const [first] = applications;
  expect(application.safeParse({ ...first, unreachableStrategie: {} }).success).toBe(false);
  expect(() => drivers.get('ebs')?.plan({ volumtype: 'io2' })).toThrow('volumtype');
});

test('the joint driver creates volumes where the page says', () => {
  const any = drivers.get('any');
  const said = proseOf(page).match(/`(\S+)` is created in `(\S+)` and `(\S+)` in `(\S+)`, as the rules/);
  const [, one = '', place, two = '', other] = said ?? [];
  expect([any?.placeOf(one), any?.placeOf(two)]).toEqual([place, other]);
  expect(place).toBe('ebs-gold');
});

test('every explained flag of the agent is in the command above', () => {
  const text = sectionOf(page, 'An agent');
  const command = fencesOf({ ...page, text }).find((fence) => fence.text.startsWith('mesos-agent'));
  const flags = shellWords((command?.text ?? '').replaceAll('\\\n', ' ')).map((word) => word.split('=')[0]);
  const explained = firstCellsOf(text).filter((cell) => cell.startsWith('--'));
  expect(explained.length).toBeGreaterThan(3);
  expect(explained.filter((flag) => !flags.includes(flag))).toEqual([]);
});
