import { describe, expect, test } from '@jest/globals';
import { runHere } from './in-process.ts';

describe('a command whose daemon is down', () => {
  test('says which socket was tried, how to start it, and what its last error was', async () => {
    const whyDown = async () => ({
      start: 'systemctl start holdfast',
      lastError: 'no disk\u001b[2J token=hunter2',
    });
    const { code, out, err } = await runHere(['volume', 'ls'], { whyDown });
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(
      'holdfast: No daemon answers on /nonexistent/admin.sock: start it with `systemctl start holdfast`, or name its socket with --socket. ' +
        'Its last error in the journal: no disk\\u001b[2J token=[redacted]\n',
    );
  });

  test('without a service says how to run it', async () => {
    expect((await runHere(['volume', 'ls'])).err).toContain('start it with `holdfast serve`');
  });

  test('does not look at the journal for a Tab in a shell', async () => {
    let looks = 0;
    const whyDown = async () => {
      looks += 1;
      return {};
    };
    await runHere(['__complete', 'bash', '--', 'holdfast volume rm ', ''], { whyDown });
    expect(looks).toBe(0);
  });
});
