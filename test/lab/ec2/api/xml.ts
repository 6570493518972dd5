/** The content of an answer. Absent members are left out; a list becomes `item` elements, as everywhere in EC2. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

export function answerXml(
  action: string,
  requestId: string,
  content: { readonly [name: string]: Xml },
): string {
  const name = `${action}Response`;
  const body = element('requestId', requestId) + inner(content);
  return `${declaration}<${name} xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${body}</${name}>`;
}

export function errorXml(requestId: string, code: string, message: string): string {
  const error = element('Error', { Code: code, Message: message });
  return `${declaration}<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`;
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

function element(name: string, value: Xml): string {
  return value === undefined ? '' : `<${name}>${inner(value)}</${name}>`;
}

function inner(value: Xml): string {
  if (value === undefined) return '';
  if (isList(value)) return value.map((item) => element('item', item)).join('');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, member]) => element(name, member))
      .join('');
  }
  return escaped(String(value));
}

function isList(value: Xml): value is readonly Xml[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
