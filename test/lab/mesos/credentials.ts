/** Accounts of a master: principals with their secrets (HTTP basic), and tokens. Absent: no authentication. */
export interface Accounts {
  readonly basic?: Readonly<Record<string, string>>;
  /** Token → principal. */
  readonly bearer?: Readonly<Record<string, string>>;
  /** Principals with read-only access. */
  readonly readOnly?: readonly string[];
}

/** The principal, `anyone` without accounts, or undefined: 401. */
export function authenticate(
  accounts: Accounts | undefined,
  header: string | undefined,
): { readonly principal: string | undefined } | undefined {
  if (accounts === undefined) return { principal: undefined };
  const [scheme, rest = ''] = (header ?? '').split(' ');
  if (scheme === 'Bearer') {
    const principal = accounts.bearer?.[rest];
    return principal === undefined ? undefined : { principal };
  }
  if (scheme !== 'Basic') return undefined;
  const [name = '', ...secret] = Buffer.from(rest, 'base64').toString().split(':');
  return accounts.basic?.[name] === secret.join(':') && name !== '' ? { principal: name } : undefined;
}
