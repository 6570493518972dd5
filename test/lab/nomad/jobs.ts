import { busybox } from '../images.ts';

export interface Claim {
  /** The name of the client; default: any, each task on another one. */
  readonly on?: string;
  readonly access?: string;
  readonly count?: number;
  /** A command of the shell; default: it sleeps. */
  readonly script?: string;
}

const running = (script: string) => `image        = "${busybox}"
        command      = "sh"
        args         = ["-c", ${JSON.stringify(script)}]
        network_mode = "host"`;
const sleep = 'sleep 100000';

/** A job with a volume of the CSI at /d. */
export function claiming(
  job: string,
  volume: string,
  { on, access = 'multi-node-multi-writer', count = 1, script = sleep }: Claim = {},
): string {
  const text = `job "${job}" {
  group "group" {
    count = ${count}
    constraint {
      operator = "distinct_hosts"
      value    = "true"
    }
    volume "v" {
      type            = "csi"
      source          = "${volume}"
      access_mode     = "${access}"
      attachment_mode = "file-system"
    }
    task "task" {
      driver       = "docker"
      kill_timeout = "1s"
      config {
        ${running(script)}
      }
      volume_mount {
        volume      = "v"
        destination = "/d"
      }
    }
  }
}
`;
  return on === undefined ? text : pinned(text, on);
}

/** The job with a client as its only place. */
export function pinned(job: string, client: string): string {
  const constraint = `constraint {
    attribute = "\${node.unique.name}"
    value     = "${client}"
  }
`;
  return job.replace(/^job ".*" {\n/m, (line) => `${line}  ${constraint}`);
}

/** A job of a page or an example that only sleeps, in an image that exists. */
export function sleeping(job: string): string {
  const silent = job.replace(/^ *(command|args|kill_timeout) += .*\n/gm, '');
  return silent.replace(/^ *image += .*$/m, () => `        ${running(sleep)}`);
}

/** The job with a volume of Docker at /d, by the short form of the docker driver. */
export function mounting(job: string, volume: string, driver: string): string {
  const mounted = `network_mode  = "host"
        volumes       = ["${volume}:/d"]
        volume_driver = "${driver}"`;
  return job
    .replace(/^ *volume "v" {[^}]*}\n/m, '')
    .replace(/^ *volume_mount {[^}]*}\n/m, '')
    .replace('network_mode = "host"', mounted);
}
