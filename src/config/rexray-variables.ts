import type { Problem } from './problem.ts';

type Variables = Readonly<Record<string, string>>;

/** Names of REX-Ray's plugins, and the names here. */
const translations: Variables = {
  EBS_REGION: 'REGION',
  EBS_ENDPOINT: 'ENDPOINT',
  EBS_KMSKEYID: 'KMS_KEY_ID',
  REXRAY_FSTYPE: 'DEFAULTS_FS_TYPE',
  REXRAY_LOGLEVEL: 'LOG_LEVEL',
  LINUX_VOLUME_FILEMODE: 'DEFAULTS_MODE',
  LIBSTORAGE_INTEGRATION_VOLUME_OPERATIONS_MOUNT_ROOTPATH: 'DEFAULTS_ROOT_PATH',
};

/** The AWS SDK reads these itself. */
const credentials: Variables = {
  EBS_ACCESSKEY: 'AWS_ACCESS_KEY_ID',
  EBS_SECRETKEY: 'AWS_SECRET_ACCESS_KEY',
};

/** Why one of REX-Ray's has no counterpart. */
const without: Variables = {
  EBS_TAG: 'volumes are distinguished by the driver, which NAME names',
  EBS_MAXRETRIES: 'requests are repeated until the deadline of the call',
  EBS_STATUSINITIALDELAY: 'EC2 is asked at a pace of its own',
  EBS_STATUSMAXATTEMPTS: 'EC2 is asked until the deadline of the call',
  EBS_STATUSTIMEOUT: 'EC2 is asked until the deadline of the call',
  EBS_USELARGEDEVICERANGE: 'all names that EC2 takes are used',
  LINUX_VOLUME_ROOTPATH: 'the directory is made where DEFAULTS_ROOT_PATH says',
  HTTP_PROXY: 'EC2 is reached without a proxy; ENDPOINT names a VPC endpoint',
};

const preemptions: Variables = { true: 'dead', false: 'never' };

/** Every name of REX-Ray's that is understood. */
export const rexrayNames: readonly string[] = [
  ...Object.keys(translations),
  ...Object.keys(credentials),
  'REXRAY_PREEMPT',
  ...Object.keys(without),
];

export interface Translated {
  readonly settings: Variables;
  /** One for each of REX-Ray's that is set. */
  readonly notices: readonly Problem[];
}

/** Puts our names in the place of REX-Ray's; where both are set, ours counts. Its EBS plugin needs no BACKEND. */
export function translateRexray(settings: Variables): Translated {
  const result: Record<string, string> = {};
  const notices: Problem[] = [];
  const notice = (name: string, message: string) =>
    notices.push({ place: `environment variable ${name}`, key: '', message });
  for (const [name, value] of Object.entries(settings)) {
    if (!rexrayNames.includes(name)) result[name] ||= value;
    else if (value !== '') {
      const [ours, text] = translation(name, value);
      if (ours !== undefined && !settings[ours]) result[ours] = text;
      notice(name, noticeText(name, ours, text));
    }
  }
  const isEbs = notices.some(({ place }) => place.includes(' EBS_'));
  return { settings: isEbs && !result.BACKEND ? { ...result, BACKEND: 'ebs' } : result, notices };
}

/** Gives the SDK the credentials that have REX-Ray's names. */
export function translateCredentials(environment: Record<string, string | undefined>): void {
  for (const [name, ours] of Object.entries(credentials)) {
    if (environment[name] && !environment[ours]) environment[ours] = environment[name];
  }
}

function translation(name: string, value: string): readonly [string | undefined, string] {
  if (name === 'REXRAY_PREEMPT') return ['PREEMPT', preemptions[value.toLowerCase()] ?? value];
  if (name === 'REXRAY_LOGLEVEL') return ['LOG_LEVEL', value === 'warning' ? 'warn' : value];
  return [translations[name] ?? credentials[name], value];
}

function noticeText(name: string, ours: string | undefined, value: string): string {
  if (ours === undefined) return `this setting of REX-Ray does nothing here: ${without[name]}`;
  const shown = name in credentials ? ours : `${ours}=${value}`;
  return `this setting of REX-Ray is understood as ${shown}: use that name`;
}
