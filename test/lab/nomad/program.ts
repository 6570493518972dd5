import { goProgram } from '../go-program.ts';

const path = 'github.com/hashicorp/nomad';

/** The last version under the MPL 2.0. */
const nomadVersion = '1.6.1';

/** Its module replaces that of the API by a directory, which is published under the version of the same commit. */
export const nomad = goProgram(path, `v${nomadVersion}`, {
  module: path,
  replaced: 'v0.0.0-20230721134942-515895c7690c',
  cgo: true,
});
