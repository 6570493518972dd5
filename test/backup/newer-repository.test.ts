import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setRepositoryVersion } from '../lab/repositories/repository-version.ts';
import { describeWith } from '../lab/requirements.ts';
import { type BackupRig, openBackupRig, password } from './rig.ts';

describeWith({ root: true, programs: ['restic'] }, 'a repository of a newer format', () => {
  let rig: BackupRig;
  beforeEach(async () => {
    rig = await openBackupRig();
    writeFileSync(join(rig.driver.add('db'), 'file'), 'content');
    await rig.task({ do: 'init', repository: 'nas' });
    await rig.task({ do: 'run', plan: 'nightly' });
  });
  afterEach(() => rig.close());

  test('is refused with its version by every task, and nothing in it is touched', async () => {
    const [config, kept] = [join(rig.repository, 'config'), join(rig.folder, 'config')];
    copyFileSync(config, kept);
    setRepositoryVersion(rig.repository, password, 2);
    expect((await rig.backups.list()).backups).toHaveLength(1);
    setRepositoryVersion(rig.repository, password, 99);
    const said = expect.stringContaining('unsupported repository version 99');
    expect(await rig.backups.list()).toMatchObject({ backups: [], failures: [{ message: said }] });
    const refused = { state: 'failed', error: { code: 'failed', message: said } };
    // This host remembers its backups, so the first volume is what tells.
    const ran = { results: [{ volume: 'db', outcome: 'failed', code: 'failed', message: said }] };
    expect(await rig.task({ do: 'run', plan: 'nightly' })).toMatchObject(ran);
    expect(await rig.task({ do: 'prune', plan: 'nightly' })).toMatchObject(refused);
    copyFileSync(kept, config);
    const { backups } = await rig.backups.list();
    expect(backups).toHaveLength(1);
    expect(await rig.task({ do: 'prove', plan: 'nightly' })).toMatchObject({ results: [{ outcome: 'ok' }] });
  });
});
