/** A brick: a directory of a server. */
export interface Brick {
  readonly host: string;
  readonly path: string;
}

/** Bricks that replace each other: replicas, a dispersed set, or a single brick. All groups are needed for all data. */
export interface BrickGroup {
  readonly bricks: readonly Brick[];
  /** Whether the group's data can be read and written with these bricks up. */
  isEnough(up: ReadonlySet<Brick>): boolean;
}

interface Translator {
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
  readonly below: readonly string[];
}

/** Reads the volume file that glusterd gives to clients: a graph of translators with the bricks as its leaves. */
export function brickGroups(text: string): readonly BrickGroup[] {
  const translators = parse(text);
  const all = [...translators.values()];
  const sets = all.filter(({ type }) => type === 'cluster/replicate' || type === 'cluster/disperse');
  const inSets = new Set(sets.flatMap(({ below }) => below));
  const bricksBelow = ({ below }: Translator) =>
    below.flatMap((name) => brickOf(translators.get(name)) ?? []);
  const alone = [...translators].flatMap(([name, translator]) =>
    inSets.has(name) ? [] : (brickOf(translator) ?? []),
  );
  return [
    ...sets.map((set) => groupOf(set, bricksBelow(set))),
    ...alone.map((brick) => ({ bricks: [brick], isEnough: (up: ReadonlySet<Brick>) => up.has(brick) })),
  ];
}

function groupOf(set: Translator, bricks: readonly Brick[]): BrickGroup {
  const upOf = (up: ReadonlySet<Brick>) => bricks.filter((brick) => up.has(brick));
  if (set.type === 'cluster/disperse') {
    const needed = bricks.length - Number(set.options.get('redundancy') ?? 0);
    return { bricks, isEnough: (up) => upOf(up).length >= needed };
  }
  return { bricks, isEnough: (up) => isQuorum(set, bricks, upOf(up)) };
}

/**
 * `cluster.quorum-type`: `none` by default with two replicas, `auto` with more (afr.c, fix_quorum_options). `auto` needs more
 * than half of the bricks, or half including the first.
 */
function isQuorum({ options }: Translator, bricks: readonly Brick[], up: readonly Brick[]): boolean {
  // Its last brick only breaks ties, and glusterd does not know it.
  if (options.has('thin-arbiter')) return up.length > 0;
  const type = options.get('quorum-type') ?? (bricks.length > 2 ? 'auto' : 'none');
  if (type === 'fixed') return up.length >= Number(options.get('quorum-count') ?? 1);
  if (type !== 'auto') return up.length > 0;
  const half = bricks.length / 2;
  return up.length > half || (up.length === half && up[0] === bricks[0]);
}

function brickOf(translator: Translator | undefined): Brick | undefined {
  if (translator?.type !== 'protocol/client') return undefined;
  const host = translator.options.get('remote-host');
  const path = translator.options.get('remote-subvolume');
  return host === undefined || path === undefined ? undefined : { host, path };
}

/** `volume NAME`, its lines, `end-volume`. */
function parse(text: string): ReadonlyMap<string, Translator> {
  const found = new Map<string, Translator>();
  for (const [, name = '', body = ''] of text.matchAll(/^volume (\S+)$([\s\S]*?)^end-volume$/gm)) {
    const options = [...body.matchAll(/^ *option (\S+) (.*)$/gm)];
    found.set(name, {
      type: /^ *type (\S+)$/m.exec(body)?.[1] ?? '',
      options: new Map(options.map(([, key = '', value = '']) => [key, value])),
      below: /^ *subvolumes (.*)$/m.exec(body)?.[1]?.trim().split(/\s+/) ?? [],
    });
  }
  return found;
}
