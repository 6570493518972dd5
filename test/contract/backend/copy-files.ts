import type { Volume } from '../../../src/core/volume.ts';
import type { BackendUnderTest, StoredCopies } from './contract.ts';

export function copiesOf(underTest: BackendUnderTest): StoredCopies {
  return underTest.copies ?? filesOf(underTest);
}

/** For backends that keep their records in files below a root. */
function filesOf({ host: { files }, storage }: BackendUnderTest): StoredCopies {
  const folderOf = async ({ id }: Volume) => `${await storage?.root()}/.holdfast/snapshots/${id}`;
  return {
    async damage(volume, name) {
      const file = `${await folderOf(volume)}/${name}.json`;
      const text = (await files.readText(file)) ?? '';
      const damaged = ['', '{}', text.replace('first', 'x').replace('unmounted', 'frozen')];
      const write = async (content: string) => void (await files.writeText(file, content, 'replace'));
      const damages = [...damaged.map((content) => () => write(content)), () => files.removeFile(file)];
      return { damages, repair: () => write(text) };
    },
    leftovers: async (volume) =>
      ((await files.list(await folderOf(volume))) ?? []).filter(
        (name) => !/^[a-z]+(~data|\.json)$/.test(name),
      ),
  };
}
