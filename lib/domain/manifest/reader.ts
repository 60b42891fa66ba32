/** Walks what the YAML parser found: values in the order of the text, each once, with what no schema gets to see. */
import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap } from 'yaml';
import { flawOf, isNoKey, NO_KEY } from '../text.ts';
import { fieldOf, type Mistake, type Position, type Step } from './position.ts';

/** 32 levels: the deepest field of the schema stands on the eighth, the rest is for an environment's target. */
const MAX_DEPTH = 32;
/** 20,000 values with aliases written out: 256 KiB of the shortest lines hold about that many. */
const MAX_VALUES = 20_000;

const CORE_TAGS = new Set(
  ['str', 'map', 'seq', 'int', 'float', 'bool', 'null'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/** The text is no document at all, or one that cannot be read to its end. */
export class UnreadableDocument extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

type ParsedMap = YAMLMap<ParsedNode, ParsedNode | null>;

/** What an anchor stands for; undefined while its own value is being read. */
interface Anchored {
  readonly node: ParsedNode;
  readonly data: unknown;
  readonly values: number;
}

export class Reader {
  readonly mistakes: Mistake[] = [];
  readonly #positionAt: (offset: number) => Position;
  readonly #anchors = new Map<string, Anchored | undefined>();
  /** What each alias stands for: an anchor may be given again further down. */
  readonly #targets = new Map<ParsedNode, ParsedNode>();
  readonly #pairs = new Map<ParsedMap, Map<string, ParsedMap['items'][number]>>();
  #values = 0;

  constructor(positionAt: (offset: number) => Position) {
    this.#positionAt = positionAt;
  }

  read(node: ParsedNode, path: readonly Step[], depth: number): unknown {
    if (depth > MAX_DEPTH)
      throw new UnreadableDocument(node.range[0], `is nested more than ${MAX_DEPTH} levels deep`);
    if (isAlias(node)) return this.#readAlias(node);
    this.#count(1, node.range[0]);
    const before = this.#values;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined);
    this.#checkTag(node, path);
    const data = this.#valueOf(node, path, depth);
    if (node.anchor !== undefined)
      this.#anchors.set(node.anchor, { node, data, values: this.#values - before + 1 });
    return data;
  }

  #valueOf(node: ParsedNode, path: readonly Step[], depth: number): unknown {
    if (isMap<ParsedNode, ParsedNode | null>(node)) return this.#readMap(node.items, path, depth);
    if (isSeq<ParsedNode>(node))
      return node.items.map((item, at) => this.read(item, [...path, at], depth + 1));
    return isScalar(node) ? this.#readScalar(node, path) : undefined;
  }

  #readMap(
    pairs: readonly { key: ParsedNode; value: ParsedNode | null }[],
    path: readonly Step[],
    depth: number,
  ): Record<string, unknown> {
    const lines = new Map<string, number>();
    const members: [string, unknown][] = [];
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.value) : '';
      const at = [...path, name];
      if (!isScalar(key)) throw new UnreadableDocument(key.range[0], 'has a key that is not text');
      if (name === '<<')
        this.#complain(key, at, 'is a merge key, which manifests do not have; write the fields out');
      if (isNoKey(name)) this.#complain(key, at, NO_KEY);
      this.#checkText(name, key, at);
      const earlier = lines.get(name);
      if (earlier === undefined) lines.set(name, this.#positionAt(key.range[0]).line);
      else this.#complain(key, at, `is a duplicate; the first one is in line ${earlier}`);
      const data = value === null ? null : this.read(value, at, depth + 1);
      if (earlier === undefined) members.push([name, data]);
    }
    // fromEntries makes a member of its own even of `__proto__`.
    return Object.fromEntries(members);
  }

  #readScalar(node: ParsedNode & { value: unknown; source: string }, path: readonly Step[]): unknown {
    const { value } = node;
    if (typeof value === 'string') this.#checkText(value, node, path);
    const isPlain = typeof value === 'number' || typeof value === 'boolean';
    // 3.10 would be 3.1, 0x10 be 16: whoever writes a version so means the text.
    if (isPlain && String(value) !== node.source)
      this.#complain(
        node,
        path,
        `is read as ${typeof value === 'number' ? 'the number ' : ''}${value}; write "${node.source}" in quotes if you mean the text`,
      );
    return value;
  }

  #readAlias(node: ParsedNode & { source: string }): unknown {
    const { source: name } = node;
    const target = this.#anchors.get(name);
    if (target === undefined)
      throw new UnreadableDocument(
        node.range[0],
        this.#anchors.has(name)
          ? `has the alias *${name} inside its own value`
          : `has no anchor &${name} before this alias`,
      );
    this.#count(target.values, node.range[0]);
    this.#targets.set(node, target.node);
    return target.data;
  }

  #count(values: number, offset: number): void {
    this.#values += values;
    if (this.#values > MAX_VALUES)
      throw new UnreadableDocument(offset, `has more than ${MAX_VALUES} values with its aliases expanded`);
  }

  #checkTag(node: ParsedNode, path: readonly Step[]): void {
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag))
      this.#complain(node, path, `has the tag ${node.tag}, which manifests do not support; remove it`);
  }

  /** No process takes a NUL in an argument or a variable, and nothing stores half a surrogate pair. */
  #checkText(text: string, node: ParsedNode, path: readonly Step[]): void {
    const flaw = flawOf(text);
    if (flaw !== undefined) this.#complain(node, path, flaw);
  }

  #complain(node: ParsedNode, path: readonly Step[], reason: string): void {
    this.mistakes.push({ ...this.#positionAt(node.range[0]), field: fieldOf(path), reason });
  }

  offsetOf(root: ParsedNode | null, path: readonly Step[], what: 'key' | 'value'): number {
    let node: ParsedNode | null = root;
    let offset = root?.range[0] ?? 0;
    for (const [depth, step] of path.entries()) {
      const around = this.#resolved(node);
      if (isMap<ParsedNode, ParsedNode | null>(around)) {
        const pair = this.#pairsOf(around).get(String(step));
        if (pair === undefined) return offset;
        const isLast = depth === path.length - 1;
        offset = isLast && what === 'key' ? pair.key.range[0] : (pair.value?.range[0] ?? pair.key.range[0]);
        node = pair.value;
      } else if (isSeq<ParsedNode>(around) && typeof step === 'number') {
        const item: ParsedNode | undefined = around.items[step];
        if (item === undefined) return offset;
        offset = item.range[0];
        node = item;
      } else return offset;
    }
    return offset;
  }

  /** By key, the first of each: a map of thousands of wrong keys is looked into as often. */
  #pairsOf(map: ParsedMap): Map<string, ParsedMap['items'][number]> {
    const known = this.#pairs.get(map);
    if (known !== undefined) return known;
    const pairs = new Map(
      map.items.toReversed().map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair]),
    );
    this.#pairs.set(map, pairs);
    return pairs;
  }

  #resolved(node: ParsedNode | null): ParsedNode | null {
    return (node && this.#targets.get(node)) ?? node;
  }
}
