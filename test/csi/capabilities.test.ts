import { expect, test } from '@jest/globals';
import { whyNot } from '../../src/csi/capabilities.ts';

const asked = (mode: string) => ({ access_type: 'mount', access_mode: { mode } }) as const;

test('an unknown access mode is refused with those that the driver has', () => {
  const shared = { scope: 'global', sharing: 'many-hosts' } as const;
  const lone = { scope: 'local', sharing: 'one-host' } as const;
  expect(whyNot(asked('UNKNOWN'), shared)).toMatch(
    /choose one of SINGLE_NODE_WRITER, .*MULTI_NODE_MULTI_WRITER/,
  );
  expect(whyNot(asked('UNKNOWN'), lone)).toMatch(
    /choose one of SINGLE_NODE_WRITER, .*SINGLE_NODE_MULTI_WRITER\.$/,
  );
});
