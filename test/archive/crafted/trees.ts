/** Trees that attack by their names, their links, or by meeting themselves; each in all the ways of writing archives. */
import { AIM } from './canary.ts';
import { type Crafted, everyWay, file, folder, hard, link, type Way } from './case.ts';

const LONG: readonly Way[] = ['pax', 'gnu', 'zip'];

/** Names that lead out on some system, whatever the entry is. */
const OUTSIDE: [string, string][] = [
  ['an absolute name', `${AIM}/outside.txt`],
  ['two slashes before', `/${AIM}/outside.txt`],
  ['a new absolute name', `${AIM}/new.txt`],
  ['a way up', '../outside.txt'],
  ['two ways up', '../../outside.txt'],
  ['a way up behind a folder', 'a/../../outside.txt'],
  ['a way up that comes back', '../into/a'],
  ['a sibling with the same beginning', '../into-beside'],
  ['a way up behind a dot', './../outside.txt'],
  ['a way up behind many slashes', 'a//..//..//outside.txt'],
  ['a name that ends in a way up', 'a/..'],
  ['nothing but a way up', '..'],
  ['a way up with a slash', '../'],
  ['a drive', 'C:/windows/system.ini'],
  ['a drive without a slash', 'c:outside.txt'],
  ['a backslash way up', '..\\outside.txt'],
  ['a mixed way up', 'a/..\\..\\outside.txt'],
  ['a UNC path', '\\\\server\\share\\x'],
  ['a device path of Windows', '\\\\?\\C:\\x'],
];

export function names(): Crafted[] {
  return [
    ...OUTSIDE.flatMap(([claim, name]) =>
      everyWay(`${claim}, file`, [file('ok'), file(name, name.endsWith('/') ? '' : 'x')], 'path_outside'),
    ),
    ...OUTSIDE.filter(([, name]) => !name.includes('\\') && !name.endsWith('/')).flatMap(([claim, name]) => [
      ...everyWay(`${claim}, folder`, [folder(name)], 'path_outside', { ways: ['ustar', 'zip'] }),
      ...everyWay(`${claim}, symbolic link`, [link(name, 'ok')], 'path_outside', { ways: ['ustar', 'zip'] }),
      ...everyWay(`${claim}, hard link`, [file('ok'), hard(name, 'ok')], 'path_outside', { ways: ['ustar'] }),
    ]),
    ...everyWay('a NUL in a name', [file('a\0b')], 'path_outside', { ways: ['pax', 'zip'] }),
    ...everyWay('no name', [file('')], 'path_outside', { ways: ['ustar', 'zip'] }),
    ...everyWay('a name that is stripped to a way up', [file('top/../../outside.txt')], 'path_outside', {
      strip: 1,
    }),
    ...everyWay('a way up in what is stripped', [file('../outside.txt')], 'path_outside', { strip: 1 }),
    ...lookBad(),
    ...sizes(),
  ];
}

/** Names that look like attacks and are none on the systems that builds run on. */
function lookBad(): Crafted[] {
  const harmless: [string, string][] = [
    ['three dots', '...'],
    ['dots before a name', '..a'],
    ['dots behind a name', 'a..'],
    ['a home folder', '~/x'],
    ['a shell command', '$(touch x)'],
    ['a line break', 'a\nb'],
    ['an escape sequence', '\u001b[2J'],
    ['text that runs to the left', 'a\u202etxt.exe'],
    ['an option', '-rf'],
    ['a device of Windows', 'CON'],
    ['a percent way up', '%2e%2e%2foutside.txt'],
    ['a way up in full-width dots', '\uff0e\uff0e/outside.txt'],
    ['a slash that is none', 'a\u2215..\u2215b'],
    ['a space', ' '],
    ['a zero-width joiner', '.gi\u200dt'],
  ];
  return harmless.flatMap(([claim, name]) =>
    everyWay(`${claim} is a name`, [file(name, 'kept')], { [name]: '644 kept' }, { ways: ['ustar', 'zip'] }),
  );
}

function sizes(): Crafted[] {
  const name255 = 'n'.repeat(255);
  const deep = (levels: number) => `${'d/'.repeat(levels - 1)}f`;
  const long = `${`${'p'.repeat(203)}/`.repeat(5)}${'f'.repeat(4)}`; // 5 × 204 + 4 = 1024 bytes
  return [
    ...everyWay('a name of 255 bytes', [file(name255, '')], { [name255]: '644 ' }, { ways: LONG }),
    ...everyWay('a name of 256 bytes', [file('n'.repeat(256))], 'too_large', { ways: LONG }),
    ...everyWay('a name of 128 characters in 256 bytes', [file('é'.repeat(128))], 'too_large', {
      ways: LONG,
    }),
    ...everyWay('64 levels', [file(deep(64), '')], { [deep(64)]: '644 ' }, { ways: LONG }),
    ...everyWay('65 levels', [file(deep(65))], 'too_large', { ways: LONG }),
    ...everyWay('a path of 1024 bytes', [file(long, '')], { [long]: '644 ' }, { ways: LONG }),
    ...everyWay('a path of 1025 bytes', [file(`${long}f`)], 'too_large', { ways: LONG }),
    ...everyWay('thousands of levels', [file(`${'d/'.repeat(4000)}f`)], 'too_large', { ways: LONG }),
    ...everyWay('one entry too many', [file('a'), file('b'), file('c')], 'too_many_entries', {
      limits: { entries: 2 },
    }),
    ...everyWay(
      'just as many entries',
      [file('a', ''), file('b', '')],
      { a: '644 ', b: '644 ' },
      { limits: { entries: 2 } },
    ),
    ...everyWay(
      'the same folder again and again',
      [folder('a'), folder('a'), folder('a')],
      'too_many_entries',
      {
        limits: { entries: 2 },
      },
    ),
    ...everyWay('a file over its limit', [file('a', 'x'.repeat(101))], 'too_large', {
      limits: { fileBytes: 100 },
    }),
    ...everyWay('a file at its limit', [file('a', 'xxxx')], { a: '644 xxxx' }, { limits: { fileBytes: 4 } }),
    ...everyWay(
      'files over their limit together',
      [file('a', 'x'.repeat(3000)), file('b', 'x'.repeat(3000))],
      'too_large',
      {
        limits: { totalBytes: 5000 },
      },
    ),
    ...everyWay(
      'zeros that unpack to more than 200 times as much',
      [file('a', '\0'.repeat(11 * 1024 * 1024))],
      'ratio',
      {
        ways: ['ustar', 'zip'],
      },
    ),
    ...everyWay(
      'zeros in many files',
      Array.from({ length: 12 }, (_, n) => file(`f${n}`, '\0'.repeat(1024 * 1024))),
      'ratio',
      { ways: ['ustar', 'zip'] },
    ),
    ...everyWay(
      'modes beyond rwx',
      [file('a', '', 0o6755), file('b', '', 0o1644)],
      { a: '755 ', b: '644 ' },
      { ways: ['ustar', 'zip'] },
    ),
    ...everyWay(
      'a file that nobody may read',
      [file('a', 'x', 0)],
      { a: '644 x' },
      { ways: ['ustar', 'zip'] },
    ),
  ];
}

export function links(): Crafted[] {
  const out: [string, string][] = [
    ['an absolute place', `${AIM}/outside.txt`],
    ['the root of all', '/'],
    ['a place above', '../outside.txt'],
    ['the folder above', '..'],
    ['the folder above, with a slash', '../'],
    ['a place above behind a folder', 'd/../../outside.txt'],
    ['a place above behind dots', './././../x'],
    ['a sibling of the root', '../into-beside'],
    ['the root by its own name', '../into/ok'],
    ['a drive', 'C:/x'],
    ['a backslash way', '..\\x'],
    ['nothing', ''],
  ];
  return [
    ...out.flatMap(([claim, target]) =>
      everyWay(`a link to ${claim}`, [file('ok'), link('l', target)], 'link_outside'),
    ),
    ...out
      .filter(([, target]) => target.startsWith('..'))
      .flatMap(([claim, target]) =>
        everyWay(`a link from below to ${claim}`, [link('d/l', `../${target}`)], 'link_outside', {
          ways: ['ustar', 'zip'],
        }),
      ),
    ...chains(),
    ...throughLinks(),
    ...hardLinks(),
    ...everyWay('a link in the place of the root', [link('./', '..')], 'link_outside', { ways: ['ustar'] }),
    ...everyWay('a link to itself', [link('a', 'a')], 'link_outside'),
    ...everyWay(
      'links in a circle of three',
      [link('a', 'b'), link('b', 'c'), link('c', 'a')],
      'link_outside',
    ),
    ...everyWay(
      'links that stay inside',
      [file('d/f'), link('a', 'd/f'), link('d/b', '../a'), link('c', '.'), link('n', 'none/yet')],
      {
        'd/f': '644 x',
        a: '-> d/f',
        'd/b': '-> ../a',
        c: '-> .',
        n: '-> none/yet',
      },
    ),
  ];
}

/** Each step is inside; the way is not. */
function chains(): Crafted[] {
  const rope = (length: number) => [
    ...Array.from({ length: length - 1 }, (_, n) => link(`l${n}`, `l${n + 1}`)),
    link(`l${length - 1}`, 'end'),
  ];
  return [
    ...everyWay(
      'a link through a link that leads up',
      [link('d/up', '..'), link('e', 'd/up/../x')],
      'link_outside',
    ),
    ...everyWay('the same in the other order', [link('e', 'd/up/../x'), link('d/up', '..')], 'link_outside'),
    ...everyWay('a link through three', [link('a/a/a', '../..'), link('b', 'a/a/a/..')], 'link_outside'),
    ...everyWay(
      'a link through another in other case',
      [link('d/up', '..'), link('e', 'D/UP/../x')],
      'link_outside',
    ),
    ...everyWay(
      'a link through another in another Unicode form',
      [link('d/\u00e9', '..'), link('e', 'd/e\u0301/../x')],
      'link_outside',
    ),
    ...everyWay(
      'a link out of a folder that is made later',
      [link('e', 'd/s/../../x'), link('d/s', '.'), folder('d')],
      'link_outside',
    ),
    ...everyWay('a link by way of what is not there', [link('e', 'none/../../x')], 'link_outside'),
    ...everyWay(
      '40 links in a row',
      [...rope(40), file('end')],
      Object.fromEntries([
        ...Array.from({ length: 39 }, (_, n) => [`l${n}`, `-> l${n + 1}`]),
        ['l39', '-> end'],
        ['end', '644 x'],
      ]),
      { ways: ['ustar', 'zip'] },
    ),
    ...everyWay('42 links in a row', [...rope(42), file('end')], 'link_outside', { ways: ['ustar', 'zip'] }),
  ];
}

/** The old way out: make a link, then write through it. */
function throughLinks(): Crafted[] {
  const targets: [string, string][] = [
    ['to the outside', '..'],
    ['to an absolute place', AIM],
    ['to the inside', '.'],
  ];
  return [
    ...targets.flatMap(([claim, target]) => [
      ...everyWay(`a file through a link ${claim}`, [link('l', target), file('l/x', 'changed')], 'collision'),
      ...everyWay(`a folder through a link ${claim}`, [link('l', target), folder('l/new')], 'collision', {
        ways: ['ustar', 'zip'],
      }),
      ...everyWay(`a link through a link ${claim}`, [link('l', target), link('l/x', 'y')], 'collision', {
        ways: ['ustar', 'zip'],
      }),
      ...everyWay(
        `a file in the place of a link ${claim}`,
        [link('l', `${target}/outside.txt`), file('l', 'changed')],
        'collision',
        {
          ways: ['ustar', 'zip'],
        },
      ),
      ...everyWay(
        `a link in the place of a file, then ${claim}`,
        [file('l'), link('l', target)],
        'collision',
        { ways: ['ustar', 'zip'] },
      ),
      ...everyWay(
        `a link in the place of a folder, then ${claim}`,
        [file('l/x'), link('l', target)],
        'collision',
        { ways: ['ustar', 'zip'] },
      ),
    ]),
    ...everyWay('a file through a link in other case', [link('Link', '..'), file('link/x')], 'collision'),
    ...everyWay(
      'a file through a link in another Unicode form',
      [link('\u00e9', '..'), file('e\u0301/x')],
      'collision',
    ),
    ...everyWay('a file through two links', [link('a', 'b'), link('b', '..'), file('a/x')], 'collision', {
      ways: ['ustar', 'zip'],
    }),
  ];
}

function hardLinks(): Crafted[] {
  return [
    ...everyWay('a hard link to an absolute place', [hard('h', `${AIM}/outside.txt`)], 'path_outside'),
    ...everyWay('a hard link up', [hard('h', '../outside.txt')], 'path_outside'),
    ...everyWay('a hard link to what comes later', [hard('h', 'f'), file('f')], 'link_outside'),
    ...everyWay('a hard link to itself', [hard('h', 'h')], 'link_outside'),
    ...everyWay('a hard link to a folder', [folder('d'), hard('h', 'd')], 'link_outside'),
    ...everyWay('a hard link to a link', [link('l', '../x'), hard('h', 'l')], 'link_outside'),
    ...everyWay('a hard link below a link', [link('l', '..'), hard('l/h', 'l')], 'link_outside'),
    ...everyWay(
      'a file written over a hard link',
      [file('f', 'one'), hard('h', 'f'), file('h', 'two')],
      'collision',
    ),
    ...everyWay('a hard link through a link', [link('l', '..'), hard('h', 'l/x')], 'link_outside'),
    ...everyWay('hard links to one file', [file('f', 'one'), hard('d/h', 'f'), hard('i', 'd/h')], {
      f: '644 one',
      'd/h': '644 one',
      i: '644 one',
    }),
  ];
}

/** Two names that are one file on some file system. */
export function collisions(): Crafted[] {
  const pairs: [string, string, string][] = [
    ['the same name', 'a', 'a'],
    ['a dot', 'a', './a'],
    ['two slashes', 'd/a', 'd//a'],
    ['a dot inside', 'd/a', 'd/./a'],
    ['case', 'Makefile', 'makefile'],
    ['case of a folder', 'Src/a', 'src/b'],
    ['case of an umlaut', 'Ärger', 'ärger'],
    ['case of Greek, with its final sigma', 'ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['case of Cyrillic', 'ФАЙЛ', 'файл'],
    ['sharp s', 'straße', 'STRASSE'],
    ['the Kelvin sign', '\u212a', 'k'],
    ['the Angstrom sign', '\u212b', '\u00e5'],
    ['the Ohm sign', '\u2126', '\u03c9'],
    ['a ligature', '\ufb01le', 'FILE'],
    ['composed and decomposed', 'caf\u00e9', 'cafe\u0301'],
    ['two orders of marks', 'a\u0323\u0307', 'a\u0307\u0323'],
    ['Hangul and its parts', '\ud55c', '\u1112\u1161\u11ab'],
    ['composed in a folder', '\u00fc/a', 'u\u0308/b'],
    ['case and form at once', '\u00c9', 'e\u0301'],
  ];
  return [
    ...pairs.flatMap(([claim, one, other]) =>
      everyWay(`names that differ in ${claim}`, [file(one), file(other)], 'collision'),
    ),
    ...everyWay('a file in the place of a folder', [file('a/b'), file('a')], 'collision'),
    ...everyWay('a folder in the place of a file', [file('a'), folder('a')], 'collision'),
    ...everyWay('a file below a file', [file('a'), file('a/b')], 'collision'),
    ...everyWay('a file below a file in other case', [file('A'), file('a/b')], 'collision'),
    ...everyWay('a folder twice in other case', [folder('A'), folder('a')], 'collision'),
    ...everyWay('a link beside a file in other case', [file('A'), link('a', 'A')], 'collision'),
    ...everyWay('two wrapped trees in one', [file('one/a'), file('two/a')], 'collision', { strip: 1 }),
    ...everyWay('names that differ for all', [file('a'), file('\u00e1'), file('a '), file('a.')], {
      a: '644 x',
      '\u00e1': '644 x',
      'a ': '644 x',
      'a.': '644 x',
    }),
    ...everyWay('a folder named again', [file('d/a'), folder('d'), folder('d/')], { 'd/a': '644 x' }),
  ];
}
