import { join } from 'node:path';
import {
  type BackendTraits,
  type BackendUnderTest,
  describeBackend,
} from '../../contract/backend/contract.ts';
import { spoilFile } from '../../contract/backend/unreadable.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { describeWith } from '../../lab/requirements.ts';
import { fakeHostWithLinks, type LinkableHost } from '../local/under-test.ts';
import { memoryBackend } from './definition.ts';

const directories: BackendTraits = {
  capabilities: { scope: 'local', sharing: 'one-host' },
  options: {},
  otherOptions: { uid: '5' },
  equalOptions: [{ mode: '750', uid: '05' }, { o: 'MODE=0750,uid=5' }],
  mistyped: ['mod', 'mode'],
  ownership: 'by-options',
  data: 'owned',
  snapshots: 'none',
  growth: 'none',
  modification: 'none',
};

async function memoryOn(host: LinkableHost): Promise<BackendUnderTest> {
  const folder = join(host.folder, 'memory');
  await host.host.files.makeDirectory(join(host.folder, 'mnt'));
  return {
    ...host,
    storage: { root: async () => folder, link: host.link, putOdd: host.putOdd },
    makeBackend: (inputs) =>
      openBackend(memoryBackend, { ...inputs, settings: { folder, ...inputs.settings } }),
    spoilRecord: spoilFile(host.host.files, join(folder, '.holdfast/registry')),
  };
}

describeBackend('directories in memory on the fake host', directories, async () =>
  memoryOn(await fakeHostWithLinks()),
);

describeWith({ root: true }, 'on this machine', () => {
  describeBackend('directories in memory on Linux', directories, async () =>
    memoryOn(await linuxHostUnderTest('auto')),
  );
});
