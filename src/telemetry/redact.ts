const secretName =
  'pass(?:word|wd|phrase)|secret|token|access[_-]?key|private[_-]?key|credentials?|authorization';
const secretKey = new RegExp(`${secretName}|^pass$`, 'i');
/** `password=x`, `secret_key = 'x'`, `"token": "x"`; never more than one word or one quoted text. */
const secretInText = new RegExp(
  `((?:${secretName}|\\bpass(?=\\s*=))[\\w.-]{0,40}(?:\\s{0,3}=\\s{0,3}|["']\\s{0,3}:\\s{0,3}))("[^"]*"?|'[^']*'?|[^\\s,;&"']+)`,
  'gi',
);
const userInUrl = /(:\/\/)[^\s/@]{1,256}@/g;

export const redacted = '[redacted]';

/** Whether what stands under this key may be a secret. */
export function isSecretKey(key: string): boolean {
  return secretKey.test(key);
}

/** The text without the values of what looks like a secret in it. */
export function redactText(text: string): string {
  return text.replace(secretInText, `$1${redacted}`).replace(userInUrl, `$1${redacted}@`);
}
