#!/usr/bin/env node
// Stands for restic 0.14 in tests: keeps its repository in a directory, and refuses what the real one refuses, in its words. The
// suite in test/backup/suite.ts runs over both.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const { RESTIC_REPOSITORY: repository = '', RESTIC_PASSWORD_FILE, RESTIC_PASSWORD_COMMAND } = process.env;
const [command, ...rest] = process.argv.slice(2);
const at = (...parts) => join(repository, ...parts);
const fail = (message) => {
  process.stderr.write(`Fatal: ${message}\n`);
  process.exit(1);
};

function flags(names) {
  const found = { words: [] };
  for (let index = 0; index < rest.length; index += 1) {
    const name = rest[index].replace(/^--/, '');
    if (!rest[index].startsWith('--')) found.words.push(rest[index]);
    else if (names.includes(name)) found[name] = [...(found[name] ?? []), rest[++index]];
    else if (['json', 'no-lock'].includes(name)) found[name] = true;
    else fail(`unknown flag: --${name}`);
  }
  return found;
}

function printedPassword() {
  try {
    return execFileSync('/bin/sh', ['-c', RESTIC_PASSWORD_COMMAND ?? 'exit 1'], { encoding: 'utf8' }).trim();
  } catch (error) {
    process.stderr.write(`Resolving password failed: exit status ${error.status}\n`);
    process.exit(1);
  }
}

const password =
  RESTIC_PASSWORD_FILE === undefined ? printedPassword() : readFileSync(RESTIC_PASSWORD_FILE, 'utf8').trim();
const key = createHash('sha256').update(password).digest('hex');

if (command === 'init') {
  if (existsSync(at('config'))) fail(`create repository at ${repository} failed: config file already exists`);
  for (const name of ['', 'snapshots', 'data', 'locks']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('config'), key);
  process.exit(0);
}
if (!existsSync(at('config')))
  fail(
    `unable to open config file: stat ${at('config')}: no such file or directory\nIs there a repository at the following location?\n${repository}`,
  );
if (readFileSync(at('config'), 'utf8') !== key) fail('wrong password or no key found');

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const locks = () =>
  readdirSync(at('locks')).map((name) => JSON.parse(readFileSync(at('locks', name), 'utf8')));
function lock(isExclusive) {
  const other = locks().find((one) => isExclusive || one.isExclusive);
  if (other !== undefined)
    fail(
      `unable to create lock in backend: repository is already locked by PID ${other.pid}\nthe \`unlock\` command can be used to remove stale locks`,
    );
  const place = at('locks', randomBytes(32).toString('hex'));
  writeFileSync(place, JSON.stringify({ pid: process.pid, isExclusive }));
  const unlock = () => rmSync(place, { force: true });
  process.once('exit', unlock);
  process.once('SIGINT', () => process.exit(130));
}

const ids = () => readdirSync(at('snapshots'));
function snapshotNamed(word) {
  const [found, ...others] = ids().filter((id) => id.startsWith(word));
  if (found === undefined || others.length > 0) fail(`no matching ID found for prefix "${word}"`);
  return found;
}

/** As restic 0.14: sockets are left out, and holes become zeros. */
function copy(from, to) {
  execFileSync('cp', ['-a', '--sparse=never', from, to]);
  execFileSync('find', [to, '-type', 's', '-delete']);
  for (const directory of execFileSync('find', [from, '-depth', '-type', 'd', '-print0'], {
    encoding: 'latin1',
  })
    .split('\0')
    .filter(Boolean))
    execFileSync('touch', [
      '-r',
      Buffer.from(directory, 'latin1').toString(),
      Buffer.from(to + directory.slice(from.length), 'latin1').toString(),
    ]);
}

switch (command) {
  case 'snapshots': {
    const { tag = [] } = flags(['tag']);
    const all = ids().map((id) => ({ ...JSON.parse(readFileSync(at('snapshots', id), 'utf8')), id }));
    process.stdout.write(JSON.stringify(all.filter(({ tags }) => tag.every((one) => tags.includes(one)))));
    break;
  }
  case 'backup': {
    const { tag = [], host = [hostname()], parent = [], words } = flags(['tag', 'host', 'parent']);
    for (const one of parent) snapshotNamed(one);
    lock(false);
    const id = randomBytes(32).toString('hex');
    mkdirSync(at('data', id));
    process.stdout.write(`${JSON.stringify({ message_type: 'status', percent_done: 0.5, bytes_done: 5 })}\n`);
    if (existsSync(at('data-is-full'))) fail('write: no space left on device');
    for (const word of words) {
      if (!existsSync(word)) fail('all target directories/files do not exist');
      if (lstatSync(word).isDirectory()) copy(word, at('data', id, word));
      else execFileSync('cp', ['-a', word, at('data', id, word)]);
    }
    // What the volume's user has deleted since its directory was read; the test deletes it there.
    const missed = existsSync(at('missed')) ? readFileSync(at('missed'), 'utf8').split('\n') : [];
    for (const path of missed) {
      rmSync(at('data', id, path), { recursive: true });
      // Of a file that it has found, and cannot open, it tells less.
      const isFound = missed.indexOf(path) % 2 === 1;
      const error = isFound ? {} : { Op: 'lstat', Path: path, Err: 2 };
      const item = isFound ? path : join(process.cwd(), path);
      const line = { message_type: 'error', error, during: 'archival', item };
      process.stderr.write(`${JSON.stringify(line)}\n`);
    }
    const made = { time: new Date().toISOString(), hostname: host[0], tags: tag };
    writeFileSync(at('snapshots', id), JSON.stringify(made));
    process.stdout.write(`${JSON.stringify({ message_type: 'summary', snapshot_id: id.slice(0, 8) })}\n`);
    if (missed.length > 0) {
      process.stderr.write('Warning: at least one source file could not be read\n');
      process.exitCode = 3;
    }
    break;
  }
  case 'restore': {
    const { target = [], include = [], words } = flags(['target', 'include']);
    const from = at('data', snapshotNamed(words[0] ?? ''));
    if (!existsSync(from)) fail('id not found in repository');
    mkdirSync(target[0], { recursive: true });
    if (existsSync(at('target-is-full')) && include.some((path) => path.startsWith('/data'))) {
      mkdirSync(join(target[0], 'data'), { recursive: true });
      writeFileSync(join(target[0], 'data', 'half'), '');
      fail('write: no space left on device');
    }
    if (include.length === 0) execFileSync('cp', ['-a', '--sparse=never', `${from}/.`, target[0]]);
    for (const path of include)
      execFileSync('cp', ['-a', '--parents', `.${path.replaceAll(/\\(.)/g, '$1')}`, target[0]], {
        cwd: from,
      });
    break;
  }
  case 'forget':
    lock(true);
    for (const word of rest) rmSync(at('snapshots', snapshotNamed(word)));
    break;
  case 'prune':
    lock(true);
    for (const id of readdirSync(at('data')))
      if (!ids().includes(id)) rmSync(at('data', id), { recursive: true });
    break;
  case 'check':
    lock(true);
    for (const id of ids()) if (!existsSync(at('data', id))) fail('repository contains errors');
    break;
  case 'list':
    process.stdout.write(readdirSync(at('locks')).join('\n'));
    break;
  case 'cat': {
    const { isExclusive } = JSON.parse(readFileSync(at('locks', rest[1]), 'utf8'));
    process.stdout.write(JSON.stringify({ exclusive: isExclusive }));
    break;
  }
  case 'unlock':
    for (const name of readdirSync(at('locks')))
      if (!isAlive(JSON.parse(readFileSync(at('locks', name), 'utf8')).pid)) rmSync(at('locks', name));
    break;
  default:
    fail(`unknown command "${command}" for "restic"`);
}
