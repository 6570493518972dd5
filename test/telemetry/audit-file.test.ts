import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendAuditLine } from '../../src/telemetry/audit-file.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-audit-'));
  path = join(folder, 'audit.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1);

describe('the file of audited acts', () => {
  test('is not replaced by another file at its path', () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious\n', { mode: 0o644 });
    for (const put of [
      () => symlinkSync(victim, path),
      () => linkSync(victim, path),
      () => spawnSync('mkfifo', [path]),
    ]) {
      put();
      expect(() => appendAuditLine({ path }, 'act')).toThrow(/ELOOP|not a private file of Holdfast|ENXIO/);
      rmSync(path);
    }
    expect(readFileSync(victim, 'utf8')).toBe('precious\n');
    expect(statSync(victim).mode & 0o777).toBe(0o644);
  });

  test('is private, even if an earlier one was not', () => {
    writeFileSync(path, 'before\n');
    chmodSync(path, 0o644);
    appendAuditLine({ path }, 'after');
    expect(lines(path)).toEqual(['before', 'after']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('is rotated when it is full; nine are kept, and no line between them is lost', () => {
    for (let index = 0; index < 45; index++)
      appendAuditLine({ path, most: 20 }, `act ${String(index).padStart(4, '0')}`);
    const files = ['audit.log', ...Array.from({ length: 9 }, (_, index) => `audit.log.${index + 1}`)];
    expect(readdirSync(folder).sort()).toEqual(files.toSorted());
    const all = files.toReversed().flatMap((file) => lines(join(folder, file)));
    expect(all).toEqual(
      Array.from(
        { length: all.length },
        (_, index) => `act ${String(45 - all.length + index).padStart(4, '0')}`,
      ),
    );
    expect(all.length).toBeGreaterThanOrEqual(27);
  });

  test('continues after a crash during the rotation', () => {
    writeFileSync(path, 'newest of the full one, long enough\n');
    writeFileSync(`${path}.2`, 'moved already\n');
    appendAuditLine({ path, most: 20 }, 'act');
    expect(lines(path)).toEqual(['act']);
    expect(lines(`${path}.1`)).toEqual(['newest of the full one, long enough']);
    expect(lines(`${path}.3`)).toEqual(['moved already']);
  });

  test('may be moved away by others at any time', () => {
    appendAuditLine({ path }, 'one');
    execFileSync('mv', [path, `${path}-20260101`]);
    appendAuditLine({ path }, 'two');
    expect(lines(path)).toEqual(['two']);
    expect(existsSync(`${path}-20260101`)).toBe(true);
  });
});
