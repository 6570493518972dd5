import { afterAll, beforeAll } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { eventually } from '../../lab/eventually.ts';
import { viewOutside } from '../../lab/kernel-view.ts';
import { type AgentHost, createAgentHost } from '../../lab/mesos/agent-host.ts';
import { isEmpty } from '../use-machine.ts';

/** A booted host of an agent for all tests of a suite, which leaves nothing behind. */
export function useAgentHost(): () => AgentHost {
  let opened: AgentHost | undefined;
  beforeAll(async () => {
    opened = await createAgentHost(await builtDaemon());
    await opened.boot();
  });
  afterAll(async () => {
    if (opened === undefined) return;
    const { folder, destroy } = opened;
    await destroy();
    await eventually('nothing outlives the host', () => isEmpty(viewOutside(folder)));
  });
  return () => {
    if (opened === undefined) throw new Error('The host did not boot.');
    return opened;
  };
}
