import { listed } from '../core/listed.ts';
import type { SeenHost, Sighting } from '../core/witness.ts';
import { table } from './table.ts';

/** What a witness sees, one agent or node per line. */
export function sightingText(name: string, { source, hosts }: Sighting): string {
  const rows = hosts.map(({ id, hostname, state, says, machine }) => [
    `  ${id}`,
    hostname ?? '-',
    state,
    says,
    machine ?? '-',
  ]);
  const head = ['  ID', 'HOSTNAME', 'STATE', 'SAYS', 'MATCHED BY'];
  const body = rows.length === 0 ? '  No agents or nodes.' : table([head, ...rows]);
  return `Witness ${name}, by ${source}:\n${body}`;
}

/** Problems that keep the witness from identifying a machine. */
export function sightingProblems({ hosts }: Sighting): readonly string[] {
  const living = hosts.filter(({ says }) => says === 'alive');
  const nameless = living
    .filter(({ machine }) => machine === undefined)
    .map((host) => `${nameOf(host)} lacks the attribute, so it matches no machine`);
  const byMachine = new Map<string, SeenHost[]>();
  for (const host of living)
    if (host.machine !== undefined)
      byMachine.set(host.machine, [...(byMachine.get(host.machine) ?? []), host]);
  const doubles = [...byMachine]
    .filter(([, several]) => several.length > 1)
    .map(([machine, several]) => `${listed(several.map(nameOf))} all match ${machine}`);
  return [...nameless, ...doubles];
}

function nameOf({ id, hostname = '-' }: SeenHost): string {
  return `${id} (${hostname})`;
}
