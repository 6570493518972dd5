import type { Ailment, Device, Disks } from '../disks/disks.ts';
import type { Records } from './records.ts';
import type { Machine, Volume } from './resources.ts';

/** The devices of attached volumes on their instances. Each volume has one change at a time. */
export interface Plugs {
  /** Does nothing if that attachment has ended, or the instance has no power. */
  plug(volumeId: string, attachmentId: string, ailment?: Ailment): Promise<void>;
  unplug(volumeId: string): Promise<void>;
  isHeld(volumeId: string): Promise<boolean>;
  resize(volumeId: string): Promise<void>;
}

export interface PlugParts {
  readonly disks: Disks;
  readonly volumes: Records<Volume>;
  readonly instances: Records<Machine>;
}

export function createPlugs({ disks, volumes, instances }: PlugParts): Plugs {
  const devices = new Map<string, Device>();
  const inTurn = oneAtATime();
  return {
    plug: (id, attachmentId, ailment) =>
      inTurn(id, async () => {
        const attachment = volumes.get(id)?.attachment;
        const machine = instances.get(attachment?.instanceId ?? '');
        if (attachment?.id !== attachmentId || !machine || !hasPower(machine) || devices.has(id)) return;
        const { folder, hypervisor } = machine;
        devices.set(id, await disks.plug(id, { folder, hypervisor, name: attachment.device, ailment }));
      }),
    unplug: (id) =>
      inTurn(id, async () => {
        const device = devices.get(id);
        devices.delete(id);
        await device?.unplug();
      }),
    isHeld: async (id) => (await devices.get(id)?.isHeld()) ?? false,
    resize: async (id) => devices.get(id)?.resize(),
  };
}

function hasPower({ state }: Machine): boolean {
  return state === 'running' || state === 'stopping';
}

function oneAtATime() {
  const turns = new Map<string, Promise<void>>();
  return (id: string, job: () => Promise<void>): Promise<void> => {
    const turn = (turns.get(id) ?? Promise.resolve()).then(job);
    const settled = turn.catch(() => {});
    turns.set(id, settled);
    return turn;
  };
}
