/** The small part of XML that S3 speaks: elements with text, no attributes that matter, no DTD. */
import { s3Error } from './errors.ts';

export type XmlNode = string | number | boolean | undefined | XmlTree;
/** Element name to content; an array repeats the element, `undefined` leaves it out. */
export interface XmlTree {
  readonly [name: string]: XmlNode | readonly XmlNode[];
}

export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** CompleteMultipartUpload with 10,000 parts and SHA-256 checksums is about 2 MB; DeleteObjects with 1,000 keys of 1 KB less. */
const MAX_BODY = 8 * 1024 * 1024;

/** A whole document; error documents carry no namespace. */
export function xmlDocument(root: string, tree: XmlTree, namespace = true): string {
  const opening = namespace ? `<${root} xmlns="${NAMESPACE}">` : `<${root}>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${opening}${content(tree)}</${root}>`;
}

function content(node: XmlNode): string {
  if (node === undefined) return '';
  if (typeof node !== 'object') return escapeText(String(node));
  let out = '';
  for (const [name, value] of Object.entries(node)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) out += `<${name}>${content(each)}</${name}>`;
    }
  }
  return out;
}

/** Control characters become references as S3 writes them: a key may hold any of them. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML cannot hold as they are
  return text.replace(/[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, (character) => {
    switch (character) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      default:
        return `&#x${character.charCodeAt(0).toString(16)};`;
    }
  });
}

const TOKEN =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w.:-]*)(?:\s+[^<>]*?)?(\/?)>|([^<]+)/y;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** @throws MalformedXML unless `source` is one element, named `root` */
export function parseXml(source: string, root: string): XmlElement {
  const top: XmlElement = { name: '', children: [], text: '' };
  const open = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    const current = open.at(-1);
    if (match === null || current === undefined) throw s3Error('MalformedXML');
    const [, cdata, closing, name, empty, text] = match;
    if (cdata !== undefined) current.text += cdata;
    else if (text !== undefined) current.text += unescapeText(text);
    else if (name === undefined) continue;
    else if (closing === '/') {
      if (open.length === 1 || localName(name) !== current.name) throw s3Error('MalformedXML');
      open.pop();
    } else {
      const element: XmlElement = { name: localName(name), children: [], text: '' };
      current.children.push(element);
      if (empty !== '/') open.push(element);
    }
  }
  const [element, ...others] = top.children;
  if (open.length !== 1 || element?.name !== root || others.length > 0 || top.text.trim() !== '') {
    throw s3Error('MalformedXML');
  }
  return element;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const point = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal, 10);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

export function textOf(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

/** Reads a request's XML body whole. */
export async function readXml(body: AsyncIterable<Buffer>, root: string): Promise<XmlElement> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BODY) throw s3Error('MalformedXML');
    chunks.push(chunk);
  }
  return parseXml(Buffer.concat(chunks).toString('utf8'), root);
}
