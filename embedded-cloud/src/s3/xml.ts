/** The XML of S3's requests and answers: elements with text, no attributes that matter, no DTD. */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { s3Error } from './errors.ts';

export type XmlNode = string | number | boolean | undefined | XmlTree;
/** Element name to content; an array repeats the element, `undefined` leaves it out. */
export interface XmlTree {
  readonly [name: string]: XmlNode | readonly XmlNode[];
}

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** CompleteMultipartUpload with 10,000 parts and SHA-256 checksums is about 2 MB; DeleteObjects with 1,000 keys of 1 KB less. */
const MAX_BODY = 8 * 1024 * 1024;
const ATTRIBUTE = '@';

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  // A key may hold control characters, which the library has no references for.
  processEntities: false,
  tagValueProcessor: (_name, value) => escapeText(String(value)),
});

/** A whole document; error documents carry no namespace. */
export function xmlDocument(root: string, tree: XmlTree, namespace = true): string {
  const document = { [root]: namespace ? { [`${ATTRIBUTE}xmlns`]: NAMESPACE, ...tree } : tree };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`;
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const REFERENCES = Object.fromEntries(Object.entries(NAMED).map(([name, character]) => [character, name]));

/** Control characters become references as S3 writes them: a key may hold any of them. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML cannot hold as they are
  return text.replace(/[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, (character) => {
    return `&${REFERENCES[character] ?? `#x${character.charCodeAt(0).toString(16)}`};`;
  });
}

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const point = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal, 10);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

const TEXT = '#text';
const CDATA = '#cdata';

const parser = new XMLParser({
  preserveOrder: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: false,
  textNodeName: TEXT,
  cdataPropName: CDATA,
});

/** What the parser makes of an element, a text or a CDATA section: an object of one property. */
type Parsed = Readonly<Record<string, string | readonly Parsed[]>>;

function elementOf(name: string, content: readonly Parsed[]): XmlElement {
  const children: XmlElement[] = [];
  let text = '';
  for (const [kind = '', value] of content.flatMap(Object.entries<string | readonly Parsed[]>)) {
    if (kind === TEXT) text += unescapeText(String(value));
    else if (typeof value === 'string') continue;
    else if (kind === CDATA) text += value.map((part) => part[TEXT]).join('');
    else children.push(elementOf(kind, value));
  }
  return { name, children, text };
}

/** @throws MalformedXML unless `source` is one element, named `root`, without a document type */
export function parseXml(source: string, root: string): XmlElement {
  const top = elementOf('', parsed(source));
  const [element, ...others] = top.children;
  if (element?.name !== root || others.length > 0) throw s3Error('MalformedXML');
  return element;
}

function parsed(source: string): readonly Parsed[] {
  // The library lets text behind the last element pass.
  const ends = source.trimEnd().endsWith('>');
  if (!ends || /<!DOCTYPE/i.test(source) || XMLValidator.validate(source) !== true)
    throw s3Error('MalformedXML');
  try {
    return parser.parse(source);
  } catch (error) {
    // Names that would reach a prototype, and elements within elements beyond the library's limit.
    if (error instanceof Error) throw s3Error('MalformedXML');
    throw error;
  }
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
