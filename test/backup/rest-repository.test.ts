import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRestRepository } from '../lab/repositories/rest-repository.ts';
import { describeWith } from '../lab/requirements.ts';
import { describeServer } from './server-suite.ts';

describeWith({ root: true, programs: ['restic'] }, 'a repository on a server', () => {
  describeServer("of restic's REST protocol", {
    start: startRestRepository,
    mistrust: ({ folder }, { url }) =>
      writeFileSync(join(folder, 'url'), url.replace('rest-server-secret', 'wrong')),
    refused: /401/,
    gone: /connection refused/,
    waits: true,
  });
});
