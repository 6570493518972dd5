import { benchShare } from './share.ts';
import { inWorkshop } from './workshop.ts';

/** The part of the benchmark that runs in a guest: `nfs-in-guest.js SERVER EXPORT`. */
const [server = '', path = ''] = process.argv.slice(2);

await inWorkshop((workshop) =>
  benchShare(workshop, {
    type: 'nfs',
    driver: { backend: 'nfs', settings: { server, export: path } },
    options: 'vers=4.2,hard',
    kernel: { type: 'nfs4', data: `vers=4.2,hard,addr=${server},clientaddr=${server}` },
    source: (directory) => `${server}:${path}/${directory}`.replace(/\/$/, ''),
  }),
);
