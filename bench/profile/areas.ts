/** Which part of the system a function belongs to, by its file. Pure. */

/** Node's own modules, by what they do. */
const NODE: readonly (readonly [RegExp, string])[] = [
  [/inspector/, 'the recorder'],
  [
    /^node:internal\/(modules|vm|bootstrap|process\/pre|process\/execution|main)|^node:vm/,
    'Node: loading and compiling',
  ],
  [/crypto/, 'Node: crypto'],
  [/http|_http|net|stream|tls|dns|url|undici|buffer|encoding/, 'Node: HTTP, sockets, streams'],
  [/fs|path/, 'Node: files'],
  [/child_process/, 'Node: starting processes'],
  [/sqlite/, 'Node: SQLite'],
];

/** Packages that go by one name. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^@(aws-sdk|aws-crypto|smithy|aws)\//, 'AWS SDK'],
  [/^@middy\//, 'middy'],
  [/^@aws-lambda-powertools\//, 'Powertools'],
];

/**
 * @param file as V8 names it, or, of a bundle, the source by its map: a URL or a path; `node:…`, or nothing for what is
 * V8's own
 * @param name the function's
 */
export function areaOf(file: string, name: string): string {
  if (file === '') return ofEngine(name);
  if (file.endsWith('recorder.cjs')) return 'the recorder';
  if (file.startsWith('node:'))
    return NODE.find(([pattern]) => pattern.test(file))?.[1] ?? 'Node: other modules';
  const inPackage = file.split('node_modules/').at(-1);
  if (inPackage !== undefined && file.includes('node_modules/')) {
    const name = inPackage
      .split('/')
      .slice(0, inPackage.startsWith('@') ? 2 : 1)
      .join('/');
    // The embedded cloud is a workspace: its link may be kept in the name.
    if (name !== 'embedded-cloud') return FAMILIES.find(([pattern]) => pattern.test(`${name}/`))?.[1] ?? name;
  }
  const [, folder] = /embedded-cloud\/src\/([\w-]+)(?:\/|\.)/.exec(file) ?? [];
  if (folder !== undefined) return `embedded cloud: ${folder}`;
  const [, ours] =
    /(?:^|\/)((?:lib\/(?:domain\/)?[\w-]+|functions|stepfunctions|bench))(?:\/|\.)/.exec(file) ?? [];
  return ours ?? 'other files';
}

function ofEngine(name: string): string {
  if (name === '(garbage collector)') return 'V8: garbage collector';
  if (name === '(program)') return 'V8 and system calls outside of any function';
  if (name === 'parse' || name === 'stringify') return 'V8: JSON';
  if (/^(RegExp|\[Symbol\.(match|replace|split|matchAll)\]|exec|test|replace)/.test(name))
    return 'V8: regular expressions';
  return 'V8: other built-ins';
}
