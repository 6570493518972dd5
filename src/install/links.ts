import { lstat, mkdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A symlink that makes a program available by name, or leads shells and man(1) to what belongs to it. */
export interface ProgramLink {
  /** "/usr/local/bin/holdfast" */
  readonly path: string;
  /** The file of the build, as an absolute path on this machine. */
  readonly target: string;
}

export interface LinkStep extends ProgramLink {
  /** `leave`: the name is taken by a file of someone else. */
  readonly action: 'link' | 'keep' | 'leave' | 'unlink' | 'none';
}

/** Place of each link on a machine, and its file in the folder of a build. */
const places: Readonly<Record<string, string>> = {
  'usr/local/bin/holdfast': 'main.js',
  'usr/local/bin/dvdcli': 'dvdcli/main.js',
  'usr/share/bash-completion/completions/holdfast': 'share/holdfast.bash',
  'usr/share/zsh/vendor-completions/_holdfast': 'share/holdfast.zsh',
  'usr/share/fish/vendor_completions.d/holdfast.fish': 'share/holdfast.fish',
  'usr/share/man/man1/holdfast.1': 'share/holdfast.1',
};

/** The links for this build; `root` is the root folder of the machine. */
export function programLinks(root: string, dist: string): readonly ProgramLink[] {
  return Object.entries(places).map(([place, file]) => ({
    path: join(root, place),
    target: join(dist, file),
  }));
}

/** Plans how to create or remove the links. Files that are not Holdfast's links stay as they are. */
export async function planLinks(
  links: readonly ProgramLink[],
  wanted: 'present' | 'absent',
): Promise<readonly LinkStep[]> {
  return Promise.all(
    links.map(async (link) => {
      const found = await findLink(link);
      if (wanted === 'absent')
        return { ...link, action: found === 'ours' || found === 'this' ? 'unlink' : 'none' };
      return { ...link, action: actions[found] };
    }),
  );
}

const actions = { absent: 'link', ours: 'link', this: 'keep', same: 'keep', foreign: 'leave' } as const;

/** `this`: exactly the wanted link; `ours`: a link to another build; `same`: made by another tool, such as npm, with the same target. */
async function findLink({ path, target }: ProgramLink): Promise<keyof typeof actions> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) return (await isPackaged({ path, target })) ? 'same' : 'absent';
  if (!facts.isSymbolicLink()) return 'foreign';
  const text = await readlink(path);
  if (text === target) return 'this';
  const [, file] = Object.entries(places).find(([place]) => path.endsWith(`/${place}`)) ?? [];
  if (text.startsWith('/') && text.endsWith(`/dist/${file}`)) return 'ours';
  const [real, meant] = await Promise.all(
    [path, target].map((each) => realpath(each).catch(() => undefined)),
  );
  return real !== undefined && real === meant ? 'same' : 'foreign';
}

/** A distribution's package has its programs in /usr/bin, and its manual page is compressed. */
async function isPackaged({ path, target }: ProgramLink): Promise<boolean> {
  const places = [`${path}.gz`, path.replace('/usr/local/bin/', '/usr/bin/')];
  const [compressed, program] = await Promise.all(
    places.map((place) => realpath(place).catch(() => undefined)),
  );
  return (
    compressed !== undefined ||
    (program !== undefined && program === (await realpath(target).catch(() => undefined)))
  );
}

/** Returns what could not be done, such as a link on a read-only file system: the service works without it. */
export async function takeLinkSteps(steps: readonly LinkStep[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const step of steps) {
    await takeStep(step).catch((error: Error) =>
      problems.push(`${step.path} could not be ${step.action}ed: ${error.message}`),
    );
  }
  return problems;
}

async function takeStep({ action, path, target }: LinkStep): Promise<void> {
  if (action !== 'link' && action !== 'unlink') return;
  await rm(path, { force: true });
  if (action === 'unlink') return;
  await mkdir(join(path, '..'), { recursive: true });
  await symlink(target, path);
}
