import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWhole } from '../lab/jest/whole.ts';
import { startS3Server, versity } from '../lab/repositories/s3-server.ts';
import { startSftpServer } from '../lab/repositories/sftp-server.ts';
import { describeWith } from '../lab/requirements.ts';
import { describeServer } from './server-suite.ts';

describeWith({ root: true, programs: ['restic', 'ssh', 'sshd'] }, 'a repository on a server', () => {
  let knownHosts = '';
  describeServer('of SFTP', {
    async start() {
      const started = await startSftpServer();
      knownHosts = started.knownHosts;
      return started;
    },
    mistrust: () => writeFileSync(knownHosts, ''),
    // What ssh said comes along only if it is read in time.
    refused: /Host key verification failed|unable to start the sftp session/,
    gone: /Connection refused|unable to start the sftp session/,
    waits: false,
  });

  // Building the server takes minutes.
  if (isWhole)
    describeServer('of S3', {
      start: startS3Server,
      mistrust: ({ folder }) => writeFileSync(join(folder, 'AWS_SECRET_ACCESS_KEY'), 'wrong'),
      refused: /signature/i,
      gone: /connection refused/,
      waits: true,
      test: (title, work, within) => versity.test(title, work, within),
    });
});
