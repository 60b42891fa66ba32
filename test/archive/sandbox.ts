import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** A temporary folder with a file beside the place for unpacking, so that any escape can be seen. */
export class Sandbox implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'staithe-archive-test-'));
  readonly into = join(this.root, 'into');

  constructor() {
    writeFileSync(join(this.root, 'outside.txt'), 'untouched');
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** What stands beside `into`, which must never change. */
  outside(): Record<string, string> {
    return Object.fromEntries(
      readdirSync(this.root)
        .filter((name) => name !== 'into')
        .map((name) => [name, readFileSync(join(this.root, name), 'utf8')]),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Writes files by their paths below a folder; `-> target` is a link. @returns the folder */
export function write(root: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(root, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(root, name));
    else writeFileSync(join(root, name), content);
  }
  return root;
}

/** A tree as a map of path to `mode content` or `-> target`; folders are left out unless they are empty. */
export function treeOf(root: string, folder = root): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    const key = relative(root, path);
    if (stats.isSymbolicLink()) tree[key] = `-> ${readlinkSync(path)}`;
    else if (stats.isDirectory()) {
      const below = treeOf(root, path);
      Object.assign(tree, Object.keys(below).length === 0 ? { [`${key}/`]: 'empty' } : below);
    } else tree[key] = `${(stats.mode & 0o7777).toString(8)} ${readFileSync(path, 'utf8')}`;
  }
  return tree;
}
