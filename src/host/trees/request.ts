import { compareTree } from './compare.ts';
import { describeTree, settleTree } from './describe.ts';
import { mendTree } from './mend.ts';
import type { NativeFiles } from './native-files.ts';
import { pacedBy, paceFd, type Wait } from './pace.ts';
import { sampleManifest } from './sample.ts';

/** A call of `Trees`, as it is handed to the process that does it. */
export type TreeRequest =
  | {
      readonly act: 'describe';
      readonly root: string;
      readonly manifest: string;
      readonly earlier?: string;
      /** Bytes that may be read at once; more are allowed at `paceFd`. */
      readonly within?: number;
    }
  | {
      readonly act: 'settle';
      readonly root: string;
      readonly manifest: string;
      readonly unread: readonly string[];
    }
  | { readonly act: 'mend'; readonly root: string; readonly manifest: string }
  | {
      readonly act: 'compare';
      readonly root: string;
      readonly manifest: string;
      readonly only?: readonly string[];
    }
  | { readonly act: 'sample'; readonly manifest: string; readonly share: number };

export function answerRequest(request: TreeRequest, native: NativeFiles | undefined): unknown {
  switch (request.act) {
    case 'describe':
      return describeTree(native, request.root, request.manifest, request.earlier, waitOf(request.within));
    case 'settle':
      return settleTree(native, request.root, request.manifest, request.unread);
    case 'mend':
      return mendTree(native, request.root, request.manifest);
    case 'compare':
      return compareTree(native, request.root, request.manifest, request.only);
    case 'sample':
      return sampleManifest(request.manifest, request.share);
  }
}

function waitOf(within: number | undefined): Wait | undefined {
  return within === undefined ? undefined : pacedBy(paceFd, within);
}
