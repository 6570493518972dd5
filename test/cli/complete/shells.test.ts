import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { describeWith } from '../../lab/requirements.ts';
import { environment, output } from '../../lab/run.ts';

/** Names that only a broken daemon would return. Each does harm if a shell does not take it as one plain word. */
const hostile = [
  'data$(touch harm)',
  'data`touch harm`',
  'data;touch harm',
  "data' x",
  'data\tx',
  '-rf',
  'data x',
  '*',
];

let folder = '';
let share = '';
let server: Server;
let volumes: readonly string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-shells-'));
  const main = await builtDaemon();
  share = join(dirname(main), 'share');
  await symlink(main, join(folder, 'holdfast'));
  server = createServer(({ url = '' }, response) => {
    const names = url === '/v1/drivers' ? ['gold', 'iron'] : volumes;
    const key = url === '/v1/drivers' ? 'drivers' : 'volumes';
    response.end(JSON.stringify({ [key]: names.map((name) => ({ name })) }));
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'admin.sock'), resolve));
});
beforeEach(() => {
  volumes = ['database', ...hostile];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const surroundings = () => ({
  PATH: `${folder}:${environment().PATH}`,
  HOLDFAST_ADMIN_SOCKET: join(folder, 'admin.sock'),
  HOME: folder,
  TERM: 'dumb',
});

/** The shell's input line after typing this and pressing Tab. Ctrl-T writes the line to a file. */
type Complete = (typed: string) => Promise<string>;

async function onTerminal(program: string, setup: string, typed: string): Promise<string> {
  const line = join(folder, 'line');
  await rm(line, { force: true });
  const env = { ...environment(), ...surroundings(), LINE: line };
  const child = spawn('script', ['-qec', program, '/dev/null'], {
    env,
    cwd: folder,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
    // The shell discards its input when its line editor starts, so typing begins after that.
    if (said.includes('ready-now') && !said.includes('\u0014')) {
      said = '\u0014';
      child.stdin.write(`${typed}\t\u0014`);
    }
    if (existsSync(line)) child.stdin.end('\u0015exit\n');
  });
  child.stdin.write(`${setup}; echo ready-"now"\n`);
  await new Promise((resolve) => child.on('close', resolve));
  return readFile(line, 'utf8');
}

const bash: Complete = (typed) =>
  onTerminal(
    'bash --norc --noprofile -i',
    `source ${share}/holdfast.bash; save() { printf %s "$READLINE_LINE" > "$LINE"; echo saved; }; bind -x '"\\C-t": save'`,
    typed,
  );
const zsh: Complete = (typed) =>
  onTerminal(
    'zsh -f -i',
    `autoload -Uz compinit; compinit -u -D; source ${share}/holdfast.zsh; save() { print -rn -- "$BUFFER" > "$LINE"; echo saved }; zle -N save; bindkey '^T' save; bindkey '^I' complete-word`,
    typed,
  );

describeWith({ programs: ['script', 'zsh'] }, 'on a terminal', () => {
  test.each<[string, Complete]>([
    ['bash', bash],
    ['zsh', zsh],
  ])('%s completes commands, flags, their values and names', async (_, complete) => {
    expect(await complete('holdfast volume ins')).toBe('holdfast volume inspect ');
    expect(await complete('holdfast volume ls --rem')).toBe('holdfast volume ls --removed ');
    expect(await complete('holdfast volume ls --sort=pe')).toBe('holdfast volume ls --sort=percent ');
    expect(await complete('holdfast volume ls --driver g')).toBe('holdfast volume ls --driver gold ');
    expect(await complete('holdfast volume ls --filter hol')).toBe('holdfast volume ls --filter holder=');
    expect(await complete('holdfast check adm')).toBe('holdfast check admin.sock ');
  });

  test.each<[string, Complete]>([
    ['bash', bash],
    ['zsh', zsh],
  ])('%s gets no name that the shell would split', async (_, complete) => {
    expect(await complete('holdfast volume rm da')).toBe('holdfast volume rm database ');
    volumes = hostile;
    expect(await complete('holdfast volume rm da')).toBe('holdfast volume rm da');
    expect(existsSync(join(folder, 'harm'))).toBe(false);
  });
});

describeWith({ programs: ['fish'] }, 'fish', () => {
  const complete = async (line: string) => {
    const script = `cd ${folder}; source ${share}/holdfast.fish; complete -C ${JSON.stringify(line)}`;
    const said = await output('fish', ['--no-config', '-c', script], { env: surroundings() });
    return said.split('\n').map((row) => row.split('\t')[0] ?? '');
  };

  test('completes commands, flags, their values, files and names', async () => {
    expect(await complete('holdfast vol')).toEqual(['volume']);
    expect(await complete('holdfast volume ls --rem')).toEqual(['--removed']);
    expect(await complete('holdfast volume ls --sort=pe')).toEqual(['--sort=percent']);
    expect(await complete('holdfast volume ls --driver ')).toEqual(['gold', 'iron']);
    expect(await complete('holdfast check adm')).toEqual(['admin.sock']);
    expect(await complete('holdfast serve --config=adm')).toEqual(['--config=admin.sock']);
  });

  test('gets no name that the shell would split', async () => {
    expect(await complete('holdfast volume rm ')).toEqual(['database']);
    expect(existsSync(join(folder, 'harm'))).toBe(false);
  });
});

test('the scripts are valid, and part of the build', async () => {
  await output('bash', ['-n', join(share, 'holdfast.bash')]);
  const printed = await output(join(folder, 'holdfast'), ['completion', 'bash']);
  expect(await readFile(join(share, 'holdfast.bash'), 'utf8')).toBe(`${printed}\n`);
});
