// Writes what shells and man(1) need into a build: `node scripts/shell-files.mjs FOLDER`. The program prints it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = ''] = process.argv.slice(2);
const printed = (...words) => execFileSync(process.execPath, [join(folder, 'main.js'), ...words]);

mkdirSync(join(folder, 'share'), { recursive: true });
for (const shell of ['bash', 'zsh', 'fish'])
  writeFileSync(join(folder, 'share', `holdfast.${shell}`), printed('completion', shell));
writeFileSync(join(folder, 'share', 'holdfast.1'), printed('__man'));
