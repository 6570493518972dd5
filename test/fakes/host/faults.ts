import type { Host } from '../../../src/host/host.ts';
import { interceptHost } from '../intercepted-host.ts';

/** Makes a call fail once, without effect. */
export interface FakeFault {
  readonly name: string;
  readonly about: string;
  readonly error: Error;
}

export function withFault(name: string, error: Error, about: string): FakeFault {
  return { name, error, about };
}

/** The same host, but each fault makes the first matching call fail, once. */
export function injectFaults(host: Host, faults: FakeFault[]): Host {
  return interceptHost(host, async (call, run) => {
    const index = faults.findIndex((fault) => fault.name === call.name && call.detail.includes(fault.about));
    if (index >= 0) for (const fault of faults.splice(index, 1)) throw fault.error;
    return run();
  });
}
