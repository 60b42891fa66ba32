/** What each tool makes of the same source is the same digest, with what docs/reproducibility.md asks of its user. */
import { basename, matchesGlob } from 'node:path';
import { has, needs, type ToolName } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TarPiece, tarGz } from '../archive/craft.ts';
import { AgentBench, type Ended } from './agent.ts';
import { TIME } from './claimed-job.ts';
import type { ControlPlane } from './control-plane.ts';
import { runTwice } from './twice.ts';

interface Product {
  readonly name: string;
  readonly tools: readonly ToolName[];
  /** A folder of its own. */
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
  readonly command: string;
  readonly artifact: string;
}

const PYTHON = {
  'setup.py': 'from setuptools import setup\nsetup(name="demo", version="1.0", packages=["demo"])\n',
  'demo/__init__.py': '',
  'demo/colours.py': 'COLOURS = {"red", "green"}\n',
};
/** The first Python that has setuptools and wheel. */
const SETUP = `p=python3; $p -c 'import setuptools, wheel' 2>/dev/null || p=/usr/bin/python3; $p setup.py -q`;
/** What reproducible-builds.org/docs/archives says of GNU tar. */
const FIXED_TAR = 'tar --sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner';

const PRODUCTS: readonly Product[] = [
  {
    name: 'a wheel',
    tools: ['wheel'],
    folder: 'wheel',
    files: PYTHON,
    command: `${SETUP} bdist_wheel`,
    artifact: 'dist/demo-*.whl',
  },
  {
    name: 'an sdist of setuptools, packed again',
    tools: ['wheel', 'GNU tar'],
    folder: 'sdist',
    files: PYTHON,
    command: `${SETUP} sdist --formats=tar; mkdir t; tar -xf dist/demo-1.0.tar -C t; ${FIXED_TAR} -cf - -C t demo-1.0 | gzip -n > dist/demo-1.0.tar.gz`,
    artifact: 'dist/*.tar.gz',
  },
  {
    name: 'an npm package',
    tools: [],
    folder: 'npm',
    files: { 'package.json': '{"name":"demo","version":"1.0.0"}', 'lib/a.js': 'export const a = 1;\n' },
    command: 'echo "export const b = 2;" > lib/b.js; npm pack --silent',
    artifact: 'demo-*.tgz',
  },
  {
    name: 'a jar',
    tools: ['javac'],
    folder: 'jar',
    files: { 'src/A.java': 'public class A { public static void main(String[] a) {} }\n' },
    command: 'javac -d out src/A.java; jar --create --file demo.jar --date 1980-01-02T00:00:00Z -C out .',
    artifact: 'demo.jar',
  },
  {
    name: 'a crate',
    tools: ['cargo'],
    folder: 'crate',
    files: {
      'Cargo.toml': '[package]\nname = "demo"\nversion = "1.0.0"\nedition = "2021"\n',
      'src/lib.rs': 'pub fn f() {}\n',
    },
    command: 'cargo package --offline --no-verify --allow-dirty --quiet',
    artifact: 'target/package/*.crate',
  },
  {
    name: 'a tar of what the tree has, and of what a command has made',
    tools: ['GNU tar'],
    folder: 'tar',
    files: { 'd/a': 'a', 'd/b': 'b' },
    command: `echo made > d/made; ${FIXED_TAR} -cf - d | gzip -n > d.tgz`,
    artifact: 'd.tgz',
  },
];
const made = PRODUCTS.filter(({ tools }) => has(...tools));

const files: TarPiece[] = made.flatMap((product) =>
  Object.entries(product.files).map(([name, content]) => ({ name: `${product.folder}/${name}`, content })),
);

const bench = new AgentBench();
let first: Ended & { plane: ControlPlane };
let second: typeof first;
beforeAll(async () => {
  await bench.build();
  const kept = [...made.map(({ folder, artifact }) => `${folder}/${artifact}`), 'facts'];
  const spec = {
    commands: [
      ...made.map(({ folder, command }) => `cd ${folder}; ${command}`),
      '{ date +%Z; umask; echo $SOURCE_DATE_EPOCH; } > facts',
    ],
    artifacts: kept.map((path) => ({ paths: [path], root: '.', format: 'file' as const })),
  };
  [first, second] = await runTwice(bench, files, { spec });
});
afterAll(() => bench[Symbol.dispose]());

describe('built again later, in another folder, under another umask', () => {
  for (const { name, tools, artifact } of PRODUCTS)
    test(`${name} is the same digest`, needs(...tools), () => {
      const of = ({ plane, output }: typeof first) => {
        const found = plane.announced.find((one) => matchesGlob(one.name, basename(artifact)));
        return found ?? expect.fail(output);
      };

      expect(of(second)).toEqual(of(first));
    });

  test('a command sees the same time zone, umask and time', () => {
    const facts = [first, second].map(({ plane }) => plane.stored.get('facts')?.toString());

    expect(facts).toEqual([`UTC\n0022\n${TIME}\n`, `UTC\n0022\n${TIME}\n`]);
  });
});

test('a time of the service’s own is what its commands see', async () => {
  const { plane } = await bench.run({
    source: tarGz({ name: 'a' }),
    spec: {
      env: { SOURCE_DATE_EPOCH: '1700000000', TZ: 'Asia/Tokyo' },
      commands: ['echo $SOURCE_DATE_EPOCH $TZ > facts'],
      artifacts: [{ paths: ['facts'], root: '.', format: 'file' }],
    },
  });

  expect(plane.stored.get('facts')?.toString()).toBe('1700000000 Asia/Tokyo\n');
});
