import { describe, expect, test } from '@jest/globals';
import { configurationOf, problemsOf } from './load.ts';

const nas = 'repositories: { nas: { url: /srv/restic, passwordFile: /etc/nas.password } }\n';
const nightly = (more: string) =>
  `${nas}backups: { nightly: { repository: nas, schedule: "0 3 * * *"${more === '' ? '' : `, ${more}`} } }\n`;
const lineOf = (problems: readonly string[]) =>
  problems.map((problem) => problem.replace(/^.*?: /, '')).join('\n');

describe('backups in the configuration', () => {
  test('need a repository with its password, and a schedule', async () => {
    const { repositories, backups } = await configurationOf(nightly('keepDaily: 7'));
    expect([...repositories]).toEqual([
      ['nas', { url: '/srv/restic', passwordFile: '/etc/nas.password', environmentFiles: {} }],
    ]);
    expect(backups.get('nightly')).toEqual({
      repository: 'nas',
      schedule: '0 3 * * *',
      jitter: 300_000,
      volumes: ['*'],
      options: {},
      whileInUse: false,
      keepDaily: 7,
      prove: '30 4 * * 0',
      proveShare: 10,
      proveWhole: 30 * 24 * 3_600_000,
    });
    expect((await configurationOf('log: { level: info }\n')).backups.size).toBe(0);
  });
  test('can be changed by variables', async () => {
    const { repositories, backups } = await configurationOf(nightly(''), {
      HOLDFAST_REPOSITORIES_NAS_URL: 's3:https://s3.example/bucket',
      HOLDFAST_BACKUPS_NIGHTLY_VOLUMES: 'db-*, web',
      HOLDFAST_BACKUPS_NIGHTLY_KEEP_LAST: '3',
    });
    expect(repositories.get('nas')?.url).toBe('s3:https://s3.example/bucket');
    expect(backups.get('nightly')).toMatchObject({ volumes: ['db-*', 'web'], keepLast: 3 });
  });
  test.each([
    ['an unknown key', nightly('keepDayly: 7'), 'did you mean `keepDaily`?'],
    [
      'an unknown repository',
      nightly('').replace('repository: nas', 'repository: naas'),
      'did you mean `nas`?',
    ],
    ['an unknown driver', nightly('drivers: [holdfst]'), 'did you mean `holdfast`?'],
    [
      'a joint driver',
      `drivers: { gold: { backend: local }, all: { members: [gold] } }\n${nightly('drivers: [all]')}`,
      'is a joint driver: name its members',
    ],
    ['no time that comes', nightly('').replace('0 3 * * *', '0 3 30 2 *'), 'must be a schedule such as'],
    ['no schedule', nightly('').replace('0 3 * * *', 'nightly'), 'must be a schedule such as'],
    ['seconds', nightly('prove: "* 0 3 * * *"'), 'must be a schedule such as'],
    ['nothing kept', nightly('keepLast: 0'), 'at least 1'],
    ['a path as a pattern', nightly('volumes: ["../*"]'), 'must be a name with `*`'],
    ['another kind of URL', nas.replace('/srv/restic', 'b2:bucket'), 'must be a repository of restic'],
    ['a relative path', nas.replace('/srv/restic', 'srv/restic'), 'must be a repository of restic'],
    ['no password', 'repositories: { nas: { url: /srv } }\n', 'either `passwordFile` or `passwordCommand`'],
    ['no place', 'repositories: { nas: { passwordFile: /p } }\n', 'either `url` or `urlFile`'],
    ['a name with a slash', nas.replace('nas:', '"n/a":'), 'must consist of letters'],
    [
      'a variable that decides which programs run',
      nas.replace('/etc/nas.password', '/p, environmentFiles: { LD_PRELOAD: /x }'),
      'must be a variable that restic uses',
    ],
  ])('with %s are refused', async (_, text, message) => {
    expect(lineOf(await problemsOf(text))).toContain(message);
  });
  test.each(['rest:https://me:hunter2@host/', 's3:HTTPS://me:hunter2@host/bucket'])(
    'with a password in the URL %s are refused, and it is not shown',
    async (url) => {
      const problems = lineOf(await problemsOf(nas.replace('/srv/restic', `"${url}"`)));
      expect(problems).toContain('must not have a password');
      expect(problems).not.toContain('hunter2');
    },
  );
});
