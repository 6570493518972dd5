import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Options, optionsDifference } from '../../src/core/volume.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { parseWords } from '../../src/dvdcli/parse-words.ts';
import { creationsIn, driversOf, optionsIn, type PageDriver } from './page-drivers.ts';
import { headingsOf, type Page, readPage, rowsOf, sectionOf } from './pages.ts';

const page = readPage('docs/migrating.md');
const titles = headingsOf(page)
  .filter(({ level }) => level === 2)
  .map(({ title }) => title);
const parts = titles.map((title) => ({ path: `${page.path}, ${title}`, text: sectionOf(page, title) }));
type Part = { readonly part: Page; readonly drivers: ReadonlyMap<string, PageDriver> };
let configured: readonly Part[] = [];
beforeAll(async () => {
  configured = await Promise.all(parts.map(async (part) => ({ part, drivers: await driversOf(part) })));
});

interface Row {
  /** The options of the old driver. */
  readonly written: Options;
  readonly here: string;
  /** The options to use instead. */
  readonly instead: Options;
  readonly driver: PageDriver;
}

/** Rows whose last cells are a driver of the section and the result of the options. */
function optionRows(text: string, drivers: ReadonlyMap<string, PageDriver>): readonly Row[] {
  return rowsOf(text).flatMap((cells) => {
    const [written = '', name = '', here = ''] = cells.slice(-3);
    const driver = drivers.get(name);
    if (driver === undefined) return [];
    return [{ written: optionsIn(spansOf(written)), here, instead: optionsIn(spansOf(here)), driver }];
  });
}

/** The inline code of a cell; a cell that is only code has lost its backticks. */
function spansOf(cell: string): readonly string[] {
  return cell.includes('`') ? [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span) : [cell];
}

/** Undefined if the driver does what the row says. */
function objection({ written, here, instead, driver }: Row): string | undefined {
  const said = refusalOf(driver, written);
  if (here.startsWith('the same')) return said ?? (Object.keys(written).length > 0 ? undefined : 'no option');
  if (here.startsWith('refused') && said === undefined) return 'it is accepted';
  return Object.keys(instead).length > 0 ? refusalOf(driver, instead) : undefined;
}

/** Why the driver refuses such a volume. */
function refusalOf(driver: PageDriver, options: Options): string | undefined {
  try {
    driver.plan(options);
    return undefined;
  } catch (error) {
    if (error instanceof VolumeError && error.code === 'invalid') return error.message;
    throw error;
  }
}

describe('the migration page', () => {
  test('lists options that the drivers accept or refuse as it says', () => {
    const rows = configured.flatMap(({ part, drivers }) => optionRows(part.text, drivers));
    const kinds = (word: string) => rows.filter(({ here }) => here.startsWith(word)).length;
    expect([kinds('the same') > 25, kinds('refused') > 8]).toEqual([true, true]);
    const wrong = rows.map((row) => ({ row: [row.written, row.here], said: objection(row) }));
    expect(wrong.filter(({ said }) => said !== undefined)).toEqual([]);
  });

  test('a wrong row is detected', () => {
    const drivers = configured.find(({ part }) => part.path.endsWith('REX-Ray'))?.drivers ?? new Map();
    const table = (row: string) => `| you wrote | driver | here |\n|---|---|---|\n${row}`;
    const [same] = optionRows(table('| `sise=20` | rexray | the same |'), drivers).map(objection);
    const [refused] = optionRows(table('| `size=20` | rexray | refused |'), drivers).map(objection);
    expect([same, refused]).toEqual([expect.stringContaining('Did you mean "size"?'), 'it is accepted']);
  });

  test('names settings that the drivers have', () => {
    const named = configured.flatMap(({ part, drivers }) =>
      [...part.text.matchAll(/`settings\.(\w+)/g)].map(([, name = '']) => ({
        name,
        known: [...drivers.values()].some(({ settings }) => settings.includes(name)),
      })),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ known }) => !known)).toEqual([]);
  });

  test('adopts with options that the driver accepts', () => {
    const creations = configured.flatMap(({ part, drivers }) =>
      creationsIn(part).map((creation) => ({ ...creation, planner: drivers.get(creation.driver) })),
    );
    expect(creations.length).toBeGreaterThan(6);
    for (const { driver, name, options, planner } of creations) {
      expect([driver, planner === undefined]).toEqual([driver, false]);
      expect(planner?.plan(options, name).given).not.toEqual({});
    }
  });
});

describe('adopted volumes, as it says,', () => {
  function planner(): PageDriver {
    const [rexray] = configured.flatMap(({ drivers }) => drivers.get('rexray') ?? []);
    if (rexray === undefined) throw new Error('The page configures no rexray.');
    return rexray;
  }

  test('accept a Create without options, but not with another size', () => {
    const { plan } = planner();
    const adopted = plan({ volumeID: 'vol-0123456789abcdef0' });
    expect(optionsDifference(adopted, plan({ size: '20' }))).toContain('size is not set, not "20GiB"');
    expect(optionsDifference(adopted, plan({}))).toBeUndefined();
  });

  test('the options of mesos-module-dvdi are a single one for dvdcli, which the driver refuses', () => {
    const { plan } = planner();
    const words = ['--volumedriver=rexray', '--volumename=db', '--volumeopts=size=5,iops=150'];
    const command = parseWords(['mount', ...words]);
    const options = command.kind === 'ask' ? command.options : {};
    expect({ ...options }).toEqual({ size: '5,iops=150' });
    expect(() => plan(options)).toThrow('size');
  });
});
