import type { Ec2, Tags } from '../../../src/backends/ebs/ec2/ec2.ts';
import type { StoredCopies } from '../../contract/backend/contract.ts';

const signal = AbortSignal.timeout(600_000);

/** What EC2 has of copies, by the tags. */
export function copiesIn(connect: () => Promise<Ec2>): StoredCopies {
  return {
    async damage(volume, name) {
      const ec2 = await connect();
      const filters = { 'tag:holdfast:id': [volume.id], 'tag:holdfast:snapshot': [name] };
      const [found] = await ec2.findSnapshots(filters, signal);
      if (found === undefined) throw new Error('there is no such snapshot');
      const set = (tags: Tags) => ec2.setTags([found.id], tags, signal);
      const damages = ['options', 'taken', 'consistency'].map((key) => async () => {
        await set(found.tags);
        await set({ [`holdfast:${key}`]: 'x' });
      });
      return { damages, repair: () => set(found.tags) };
    },
    async leftovers({ name }) {
      const ec2 = await connect();
      const snapshots = await ec2.findSnapshots({ 'tag-key': ['holdfast:clone'] }, signal);
      const kept = {
        'tag:holdfast:name': [name],
        'tag:holdfast:state': ['next', 'present'],
        'tag-key': ['holdfast:kept'],
      };
      return [...snapshots, ...(await ec2.findVolumes(kept, signal))].map(({ id }) => id);
    },
  };
}
