export const names = ['a', 'b', 'c'] as const;
export type Name = (typeof names)[number];
export type Label = 'x' | 'y';

/** What a volume has: its file, and that of each snapshot. */
export interface Kept {
  readonly text: string | undefined;
  readonly snapshots: Readonly<Partial<Record<Label, string | undefined>>>;
}

export interface Trashed extends Kept {
  readonly name: Name;
  /** Its retention is over. */
  readonly isDue: boolean;
}

/** One of the states that the storage may be in, after calls that were cut. */
export interface World {
  readonly volumes: Readonly<Partial<Record<Name, Kept>>>;
  readonly trash: readonly Trashed[];
}

export type Verb =
  | { readonly verb: 'create' | 'remove' | 'purge'; readonly on: Name }
  | { readonly verb: 'write'; readonly on: Name; readonly text: string }
  | { readonly verb: 'snapshot' | 'drop' | 'rollback'; readonly on: Name; readonly label: Label }
  | { readonly verb: 'clone'; readonly on: Name; readonly of: Name; readonly label: Label | undefined }
  | { readonly verb: 'undelete'; readonly on: Name; readonly as: Name };

const { entries, fromEntries } = Object;

function without<K extends string, V>(record: Readonly<Partial<Record<K, V>>>, key: K) {
  return fromEntries(entries(record).filter(([other]) => other !== key)) as Partial<Record<K, V>>;
}

/** The worlds that this one may be after the call did its work; none if the call cannot have worked. */
function after({ volumes, trash }: World, step: Verb): readonly World[] {
  const on = volumes[step.on];
  const having = (kept: Kept, more: readonly Trashed[] = []): readonly World[] => [
    { volumes: { ...volumes, [step.on]: kept }, trash: [...trash, ...more] },
  ];
  switch (step.verb) {
    case 'create':
      return on === undefined ? having({ text: undefined, snapshots: {} }) : [{ volumes, trash }];
    case 'purge':
      return [{ volumes, trash }];
    case 'remove': {
      const gone = on === undefined ? [] : [{ ...on, name: step.on, isDue: false }];
      return [{ volumes: without(volumes, step.on), trash: [...trash, ...gone] }];
    }
    case 'write':
      return on === undefined ? [] : having({ ...on, text: step.text });
    case 'snapshot':
      if (on === undefined || step.label in on.snapshots) return [];
      return having({ ...on, snapshots: { ...on.snapshots, [step.label]: on.text } });
    case 'drop':
      if (on === undefined || !(step.label in on.snapshots)) return [];
      return having({ ...on, snapshots: without(on.snapshots, step.label) });
    case 'rollback': {
      if (on === undefined || !(step.label in on.snapshots)) return [];
      const before = { name: step.on, text: on.text, snapshots: {}, isDue: false };
      return having({ ...on, text: on.snapshots[step.label] }, [before]);
    }
    case 'clone': {
      const source = volumes[step.of];
      if (on !== undefined || source === undefined) return [];
      if (step.label === undefined) return having({ text: source.text, snapshots: {} });
      return step.label in source.snapshots
        ? having({ text: source.snapshots[step.label], snapshots: {} })
        : [];
    }
    case 'undelete':
      if (volumes[step.as] !== undefined) return [];
      return trash.flatMap((one, at) =>
        one.name === step.on
          ? [
              {
                volumes: { ...volumes, [step.as]: { text: one.text, snapshots: one.snapshots } },
                trash: trash.filter((_, other) => other !== at),
              },
            ]
          : [],
      );
  }
}

/** What a call that was cut, or refused, may have done instead: a removed volume has its new name before it is brought back. */
function halfway({ volumes, trash }: World, step: Verb): readonly World[] {
  if (step.verb !== 'undelete') return [];
  return trash.flatMap((one, at) =>
    one.name === step.on
      ? [{ volumes, trash: trash.map((other, place) => (place === at ? { ...one, name: step.as } : other)) }]
      : [],
  );
}

/** Each removed volume may be purged from now on. */
export function overdue({ volumes, trash }: World): World {
  return { volumes, trash: trash.map((one) => ({ ...one, isDue: true })) };
}

export type Outcome = 'done' | 'refused' | 'dead';

/** The worlds that these may be after such calls at once. */
export function afterAll(
  worlds: readonly World[],
  calls: readonly { readonly act: Verb; readonly outcome: Outcome }[],
): readonly World[] {
  const [first, ...others] = calls;
  if (first === undefined) return worlds;
  // Equal calls at once share the work.
  const isShared = others.some(({ act }) => JSON.stringify(act) === JSON.stringify(first.act));
  const orders = [
    calls,
    ...(others.length === 0 ? [] : [[...others, first]]),
    ...(isShared ? [[first]] : []),
  ];
  return distinct(
    orders.flatMap((order) =>
      order.reduce<readonly World[]>(
        (before, { act, outcome }) => before.flatMap((world) => afterOne(world, act, outcome)),
        worlds,
      ),
    ),
  );
}

function afterOne(world: World, act: Verb, outcome: Outcome): readonly World[] {
  const undone = outcome === 'done' ? [] : [world, ...halfway(world, act)];
  return outcome === 'refused' ? undone : [...after(world, act), ...undone];
}

/** Each of them once. */
function distinct(worlds: readonly World[]): readonly World[] {
  return [...new Map(worlds.map((world) => [keyOf(world), world])).values()];
}

/** Whether this is what was seen: all of it, except removed volumes that are due. */
export function isSeen({ volumes, trash }: World, seen: World): boolean {
  const left = trash
    .map((one) => ({ key: keptKey(one), isDue: one.isDue }))
    .sort((one, other) => Number(one.isDue) - Number(other.isDue));
  for (const one of seen.trash) {
    const at = left.findIndex(({ key }) => key === keptKey(one));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return left.every(({ isDue }) => isDue) && volumesKey(volumes) === volumesKey(seen.volumes);
}

function keyOf({ volumes, trash }: World): string {
  return `${volumesKey(volumes)} ${trash.map((one) => `${keptKey(one)}${one.isDue}`).sort()}`;
}

function volumesKey(volumes: World['volumes']): string {
  return entries(volumes)
    .map(([name, kept]) => keptKey({ ...kept, name: name as Name }))
    .sort()
    .join(' ');
}

function keptKey({ name, text, snapshots }: Omit<Trashed, 'isDue'>): string {
  return `${name}=${text}[${entries(snapshots)
    .map(([label, was]) => `${label}=${was}`)
    .sort()}]`;
}
