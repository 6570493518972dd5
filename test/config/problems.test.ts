import { describe, expect, test } from '@jest/globals';
import { problemsOf } from './load.ts';

describe('a problem is reported with its line and the way out', () => {
  test.each<[string, string, string[]]>([
    [
      'a mistyped key',
      'drivers:\n  shared:\n    backend: nfs\n    setings: { server: s }\n',
      ['FILE:4:5: unknown key `setings` in `drivers.shared`; did you mean `settings`?'],
    ],
    [
      'a mistyped key at the top',
      'montRoot: /x\n',
      ['FILE:1:1: unknown key `montRoot`; did you mean `mountRoot`?'],
    ],
    [
      'a mistyped setting',
      'drivers:\n  a1:\n    backend: local\n    settings:\n      rooot: /x\n',
      ['FILE:5:7: unknown key `rooot` in `drivers.a1.settings`; did you mean `root`?'],
    ],
    [
      'an unknown key',
      'log: { colour: red }\n',
      ['FILE:1:8: unknown key `colour` in `log`; known: level, format'],
    ],
    [
      'a missing setting',
      'drivers:\n  shared:\n    backend: nfs\n',
      ['FILE:2:3: `drivers.shared.settings.server`: is missing'],
    ],
    [
      'a missing backend',
      'drivers:\n  shared:\n    settings: {}\n',
      ['FILE:2:3: `drivers.shared.backend`: is missing'],
    ],
    [
      'an unknown backend',
      'drivers:\n  shared: { backend: nsf }\n',
      ['FILE:2:13: `drivers.shared.backend`: there is no backend "nsf"; did you mean `nfs`?'],
    ],
    [
      'a backend named like a property of every object',
      'drivers:\n  shared: { backend: constructor }\n',
      ['FILE:2:13: `drivers.shared.backend`: there is no backend "constructor"; known: local, nfs'],
    ],
    ['a list instead of a map', 'drivers: [a, b]\n', ['FILE:1:1: `drivers`: must be a map, not a list']],
    [
      'a list instead of the whole map',
      '- a\n',
      ['FILE:1:1: the file must be a map of keys, such as "drivers:", not a list'],
    ],
    [
      'a string instead of the whole map',
      'hello\n',
      ['FILE:1:1: the file must be a map of keys, such as "drivers:", not a single value'],
    ],
    ['a driver that is not a map', 'drivers:\n  a1:\n', ['FILE:2:3: `drivers.a1`: must be a map, not empty']],
    [
      'a number instead of a string',
      'drivers:\n  s1: { backend: nfs, settings: { server: 5 } }\n',
      ['FILE:2:35: `drivers.s1.settings.server`: must be a string, not the number 5'],
    ],
    [
      'a value that is not in the list',
      'log: { level: loud }\n',
      ['FILE:1:8: `log.level`: must be debug or info or warn or error, not the string "loud"'],
    ],
    [
      'a number too large',
      'drivers:\n  s1: { backend: nfs, settings: { server: s, port: 70000 } }\n',
      ['FILE:2:46: `drivers.s1.settings.port`: must be at most 65535'],
    ],
    [
      'an item of a list',
      'drivers:\n  s1:\n    backend: local\n    settings:\n      allowedRoots:\n        - /a\n        - [b]\n',
      ['FILE:7:11: `drivers.s1.settings.allowedRoots[1]`: must be a string, not a list'],
    ],
    [
      'a relative path',
      'stateDir: var/lib\n',
      ['FILE:1:1: `stateDir`: must be an absolute path, beginning with "/"'],
    ],
    ['the root as a path', 'mountRoot: /a/..\n', ['FILE:1:1: `mountRoot`: must not be the root directory']],
    ['a path of the kernel', 'stateDir: /proc/x\n', ['FILE:1:1: `stateDir`: must not be below /proc']],
    [
      'a path with a zero byte',
      'mountRoot: "/a\\0"\n',
      ['FILE:1:1: `mountRoot`: must not have a control character'],
    ],
    [
      'a duration without a unit',
      'reaper: { grace: "10" }\n',
      ['FILE:1:11: `reaper.grace`: "10" is not a duration: write it as 30s, 10m, 24h or 7d.'],
    ],
    [
      'a number instead of a duration',
      'reaper: { grace: 10 }\n',
      ['FILE:1:11: `reaper.grace`: must be a duration, such as 30s, 10m or 24h'],
    ],
    [
      'a grace of 0',
      'reaper: { grace: 0s }\n',
      ['FILE:1:11: `reaper.grace`: must be at least 1s: a container needs time to start'],
    ],
    [
      'a driver name Docker cannot look up',
      'drivers:\n  a/b: { backend: local }\n',
      [
        'FILE:2:3: The driver name "a/b" is not usable: use letters, digits, "_", "." and "-", beginning with a letter or a digit.',
      ],
    ],
    [
      'options, each at its line',
      'drivers:\n  a1:\n    backend: local\n    defaults:\n      mode: "999"\n      sise: 1\n    profiles:\n      p:\n        colour: red\n',
      [
        'FILE:5:7: `drivers.a1.defaults.mode`: the mode "999" is not octal',
        'FILE:6:7: `drivers.a1.defaults.sise`: there is no option "sise"',
        'FILE:9:9: `drivers.a1.profiles.p.colour`: there is no option "colour"',
      ],
    ],
    [
      'an option without a value',
      'drivers:\n  a1:\n    backend: local\n    defaults:\n      size:\n',
      ['FILE:5:7: `drivers.a1.defaults.size`: must be a string, a number, or true or false'],
    ],
  ])('%s', async (_, text, problems) => {
    expect(await problemsOf(text)).toEqual(problems);
  });

  test('all problems are reported at once', async () => {
    const problems = await problemsOf(
      'montRoot: /x\nlog: { level: loud }\ndrivers:\n  a1: { backend: nsf }\n  b1: { backend: nfs }\n  c1: { backend: local, x: 1, settings: { y: 1 } }\n',
    );
    expect(problems).toHaveLength(6);
  });
});

describe('overlapping paths are refused', () => {
  test.each<[string, string]>([
    [
      'adminSocket: /run/docker/plugins/admin.sock\n',
      '`adminSocket`: /run/docker/plugins/admin.sock lies below socketDir',
    ],
    ['mountRoot: /a\nstateDir: /a/state\n', '`stateDir`: /a/state lies below mountRoot (/a)'],
    [
      'mountRoot: /var/lib/holdfast/volumes/mnt\n',
      '`drivers.holdfast.settings.root`: /var/lib/holdfast/volumes and mountRoot',
    ],
    ['mountRoot: /var/lib/holdfast/volumes\n', 'overlap'],
    ['mountRoot: /var/lib\nstateDir: /s\n', '/var/lib/holdfast/volumes and mountRoot (/var/lib) overlap'],
    [
      'drivers:\n  a: { backend: local, settings: { root: /data } }\n  b: { backend: local, settings: { root: /data/b } }\n',
      '`drivers.b.settings.root`: /data/b and the root of driver a (/data) overlap',
    ],
    [
      'drivers:\n  a: { backend: local }\n  b: { backend: local }\n',
      '/var/lib/holdfast/volumes and the root of driver a (/var/lib/holdfast/volumes) overlap',
    ],
    [`adminSocket: /${'a'.repeat(103)}\n`, 'is 104 bytes long: use at most 103'],
    [`drivers:\n  ${'a'.repeat(90)}: { backend: local }\n`, 'use at most 103'],
  ])('%j', async (text, message) => {
    expect(await problemsOf(text)).toEqual([expect.stringContaining(message)]);
  });

  test('similar paths that do not overlap are accepted', async () => {
    expect(await problemsOf('mountRoot: /var/lib/holdfast/volumes-mnt\n')).toEqual([]);
    expect(await problemsOf(`adminSocket: /${'a'.repeat(102)}\n`)).toEqual([]);
  });
});
