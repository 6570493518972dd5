/** What a check of `holdfast doctor` found. */
export interface Finding {
  /** `warning`: nothing fails yet, or not of our doing. */
  readonly level: 'ok' | 'warning' | 'failure';
  /** What it is about, such as `Docker` or `driver shared`. */
  readonly subject: string;
  /** What was seen, in one sentence. */
  readonly evidence: string;
  /** What mends it: one command for a root shell, or a sentence with its commands in backticks, if there are any. */
  readonly mend?: string;
}

export function ok(subject: string, evidence: string): Finding {
  return { level: 'ok', subject, evidence };
}

export function warning(subject: string, evidence: string, mend?: string): Finding {
  return { level: 'warning', subject, evidence, ...(mend === undefined ? {} : { mend }) };
}

export function failure(subject: string, evidence: string, mend?: string): Finding {
  return { level: 'failure', subject, evidence, ...(mend === undefined ? {} : { mend }) };
}
