import type { Backend } from '../../../../src/backends/backend.ts';
import type { BackendDefinition } from '../../../../src/backends/definition.ts';
import type { Clock } from '../../../../src/backends/ebs/clock.ts';
import { defineEbs } from '../../../../src/backends/ebs/definition.ts';
import { localBackend } from '../../../../src/backends/local/definition.ts';
import type { Options } from '../../../../src/core/volume.ts';
import { fastClock } from '../../../backends/ebs/disk/under-test.ts';
import { createFakeServers, hostOf, nfsKind } from '../../../backends/shared/network-share/under-test.ts';
import { createFakeCloud, createFakeEc2 } from '../../../fakes/ec2/fake-ec2.ts';
import { interceptEc2 } from '../../../fakes/ec2/intercepted.ts';
import { endingDetached } from '../../../fakes/ending-detached.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../../fakes/host/fake-host.ts';
import { interceptHost } from '../../../fakes/intercepted-host.ts';
import { changedBackend } from '../../../fakes/open-backend.ts';
import { id, openRig, type Rig, volume } from '../../../fakes/rig.ts';
import { names } from './world.ts';

type Around = <T>(kind: 'effect' | 'look', what: string, run: () => Promise<T>) => Promise<T>;

/** A storage, and the hosts that have it. */
export interface Lab {
  readonly options: Options;
  readonly states: readonly FakeState[];
  readonly settings: Readonly<Record<string, unknown>>;
  /** The backend of this host, whose requests go through `around`. */
  definition(host: number, around: Around): BackendDefinition;
}

export const labs: Readonly<Record<string, () => Lab>> = {
  'local directories': () => ({
    options: {},
    states: [stateOf(createFakeState(), 0)],
    settings: {},
    definition: () => localBackend,
  }),
  'local images': () => {
    const state = createFakeState();
    state.rootFileSystem.conditions.add('reflinks');
    const [options, states] = [{ size: '16MiB' }, [stateOf(state, 0)]];
    return { options, states, settings: {}, definition: () => localBackend };
  },
  'nfs on two hosts': () => {
    const servers = createFakeServers();
    const states = [0, 1].map((host) => stateOf(hostOf(nfsKind, servers), host));
    return { options: {}, states, settings: nfsKind.settings, definition: () => nfsKind.definition };
  },
  'ebs on two hosts': () => {
    const cloud = createFakeCloud();
    const states = [0, 1].map((host) => stateOf(createFakeState(), host));
    for (const [host, state] of states.entries()) cloud.addMachine(`i-${host}`, { host: state });
    return {
      options: { size: '16GiB' },
      states,
      settings: {},
      definition: (host, around) =>
        defineEbs({
          ec2: async () =>
            interceptEc2(createFakeEc2(cloud), ({ kind, action, detail }, run) =>
              around(kind, `${action} ${detail}`, run),
            ),
          whereabouts: async () => ({ region: 'eu-test-1', zone: 'eu-test-1a', instanceId: `i-${host}` }),
          clock: slowClock(),
        }),
    };
  },
};

/** A pause is longer than all requests that others have under way. */
function slowClock(): Clock {
  const clock = fastClock();
  return {
    now: clock.now,
    async sleep(milliseconds, signal) {
      await new Promise(setImmediate);
      return clock.sleep(milliseconds, signal);
    },
  };
}

/** Hosts of one test have different IDs. */
function stateOf(state: FakeState, host: number): FakeState {
  state.next.id = host * 0x100_0000 + 1;
  return Object.assign(state, { bootId: `${state.bootId}-${host}` });
}

const never = new Promise<never>(() => undefined);

/** A host with its daemon, which can be killed between two effects. */
export interface Station {
  readonly rig: Rig;
  readonly backend: Backend;
  /** Where it died. */
  readonly story: string | undefined;
  /** Does the work, and dies after so many effects; undefined: it lives. */
  cut<T>(
    effects: number | undefined,
    work: (rig: Rig) => Promise<T>,
  ): Promise<{ readonly value: T } | 'dead'>;
}

/** `pauses`: turns that each call of the host takes, so that calls at once interleave in many orders. */
export async function openStation(lab: Lab, host: number, pauses: readonly number[]): Promise<Station> {
  const state = lab.states[host];
  if (state === undefined) throw new Error('no such host');
  let left = Number.POSITIVE_INFINITY;
  let story: string | undefined;
  let die: () => void = () => undefined;
  const kernel = endingDetached(createFakeHost(state));
  let turn = 0;
  const around: Around = async (kind, what, run) => {
    for (let pause = pauses[turn++ % pauses.length] ?? 0; pause > 0; pause -= 1) await Promise.resolve();
    if (kind === 'effect' && story === undefined && left-- <= 0) {
      story = what;
      die();
    }
    return story === undefined ? run() : never;
  };
  const backends: Backend[] = [];
  const definition = changedBackend(lab.definition(host, around), (backend) => {
    backends.push(backend);
    return backend;
  });
  const intercepted = interceptHost(kernel.host, ({ kind, name, detail }, run) =>
    around(kind, `${name} ${detail}`, run),
  );
  const timings = { grace: 0, startup: 0, linger: 0, firstRefresh: 1e9 };
  const rig = await openRig({ state, host: intercepted, definition, settings: lab.settings, timings });
  const [backend] = backends;
  if (backend === undefined) throw new Error('no backend was opened');
  // A write that was cut has left it held.
  for (const name of names) await rig.driver.unmount(volume(name), id('w')).catch(() => undefined);
  return {
    rig,
    backend,
    get story() {
      return story;
    },
    async cut(effects, work) {
      left = effects ?? Number.POSITIVE_INFINITY;
      const death = new Promise<'dead'>((resolve) => {
        die = () => void kernel.end().then(() => resolve('dead'));
      });
      const done = work(rig).then((value) => ({ value }));
      const ended = await Promise.race([done, death]);
      left = Number.POSITIVE_INFINITY;
      return ended;
    },
  };
}
