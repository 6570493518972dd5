const secretName =
  'pass(?:word|wd|phrase)|secret|token|access[_ -]?key|api[_ -]?key|private[_ -]?key|cookie|credentials?|signature|authorization';
const secretKey = new RegExp(`${secretName}|^pass$`, 'i');
const quoted = String.raw`"(?:[^"\\]|\\.)*"?|'[^']*'?`;
/** JSON inside a JSON string. */
const quotedTwice = String.raw`\\"(?:[^"\\]|\\\\(?:\\.)?|\\[^"\\])*(?:\\")?`;
const value = String.raw`${quoted}|${quotedTwice}|[^\s,;&"'<\\]+`;

/** Forms of secrets in a string, and what is kept of each. */
const forms: readonly (readonly [RegExp, string])[] = [
  // A key in PEM, with all its lines.
  [/(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]*(?:-----END [A-Z ]{0,40}-----)?/g, '$1'],
  // The scheme, and the secret behind it.
  [/\b(bearer\s{1,3})[^\s,;"'<\\]+/gi, '$1'],
  [/\b((?:Basic|Negotiate)\s{1,3})(?=[^\s"]{0,200}[0-9=])[^\s,;"'<\\]{4,}/g, '$1'],
  // `Authorization: Scheme x`, in a header, in JSON, as an argument of a program.
  [
    /(authorization(?:\\*["'])?\s{0,3}[:=]\s{0,3})(?!\[redacted\])(\\*["']?)(?:[\w-]{1,40}\s{1,3})?(?:[^\s,;"'<\\]+)/gi,
    '$1$2',
  ],
  // `password=x`, `secret_key = 'x'`, `token: x`, `"token": "x"`, `{\"token\":\"x\"}`, `--token x`, `<Secret>x</Secret>`.
  [
    new RegExp(
      `((?:${secretName}|\\bpass(?=\\s*[:=]))[\\w.-]{0,40}(?:\\\\*["']\\s{0,3}[:=]\\s{0,3}|\\s{0,3}=\\s{0,3}|:\\s{1,3}|:(?=[^\\s:/])|>))(?:${value})`,
      'gi',
    ),
    '$1',
  ],
  [new RegExp(`(--(?:[\\w-]{0,40})?(?:${secretName})[\\w-]{0,40}\\s{1,3})(?!-)(?:${value})`, 'gi'), '$1'],
  // Keys and tokens of AWS by their own look.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, ''],
  [/\b(?:IQoJb3JpZ2lu|FwoGZXIv|FQoGZXIv|AQAEA)[\w+/=-]{16,}/g, ''],
];
/** `scheme://user:secret@host`: everything before the host, including the user's name. */
const userInUrl = /(:\/\/)[^\s"'<>]{1,2048}@/g;
/** The same without a scheme. */
const userBeforeHost = /(^|[\s"'=(,])([\w.+-]{1,64}:)[^\s"'/:@]{1,256}@(?=[\w[])/g;

export const redacted = '[redacted]';

/** Whether the value of this key may be a secret. */
export function isSecretKey(key: string): boolean {
  return secretKey.test(key);
}

/**
 * Removes from a string everything that looks like a secret: passwords, tokens, keys and authorization headers, in the forms that
 * programs, servers and SDKs write. Names of keys (KMS) are kept. Takes time in proportion to the length of the string.
 */
export function redactText(text: string): string {
  return forms
    .reduce((rest, [form, kept]) => rest.replace(form, `${kept}${redacted}`), text)
    .replace(userInUrl, `$1${redacted}@`)
    .replace(userBeforeHost, `$1$2${redacted}@`);
}
