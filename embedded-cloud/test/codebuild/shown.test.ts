/** What of this machine builds may see: by rules that hold for any machine, on folders that are made for it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificateVariables } from '../../src/codebuild/certificates.ts';
import { forEverybody } from '../../src/codebuild/for-everybody.ts';
import { detect, machineIsolation } from '../../src/codebuild/isolation.ts';
import { bubblewrap, type Sandbox } from '../../src/codebuild/sandbox.ts';
import { toolchains } from '../../src/codebuild/shown.ts';
import { needs } from '../../test-kit/tools.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shown-'));
  chmodSync(root, 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (path: string): string => join(root, path);

function file(path: string, mode = 0o644): string {
  mkdirSync(dirname(at(path)), { recursive: true, mode: 0o755 });
  writeFileSync(at(path), path);
  chmodSync(at(path), mode);
  return at(path);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(at(path)), { recursive: true, mode: 0o755 });
  symlinkSync(target, at(path));
}

describe('a toolchain in /opt', () => {
  it('is shown whole when everybody may read all of it', () => {
    file('opt/gradle/bin/gradle', 0o755);
    file('opt/other/bin/other', 0o755);

    const { shown, hidden } = toolchains([at('opt/gradle/bin')], at('opt'));

    expect({ shown, hidden }).toEqual({ shown: [{ path: at('opt/gradle') }], hidden: [] });
  });

  it('is shown without the files and folders that are not for everybody, and with its links', () => {
    file('opt/agent/bin/agent', 0o755);
    file('opt/agent/conf/token', 0o600);
    file('opt/agent/conf/names');
    file('opt/agent/data/key');
    chmodSync(at('opt/agent/data'), 0o750);
    link('opt/agent/current', 'bin');

    const { shown } = toolchains([at('opt/agent')], at('opt'));

    expect(shown.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: at('opt/agent/bin') },
      { path: at('opt/agent/conf/names') },
      { path: at('opt/agent/current'), target: 'bin' },
    ]);
  });

  it('is not shown, and said so, when it is a link to outside', () => {
    file('home/tools/bin/tool', 0o755);
    link('opt/tools', at('home/tools'));

    const { shown, hidden } = toolchains([at('opt/tools/bin')], at('opt'));

    expect(shown).toEqual([]);
    expect(hidden).toEqual([
      expect.stringMatching(/opt\/tools: it is a link to .*home\/tools, which is outside/),
    ]);
  });

  it.each(['opt/..', 'opt/../home/bin', 'opt/.', 'opt/gone/bin', 'opt'])(
    'is not what %s leads to',
    (path) => {
      file('home/bin/tool', 0o755);
      file('opt/gradle/bin/gradle', 0o755);

      expect(toolchains([`${root}/${path}`], at('opt'))).toEqual({ shown: [], hidden: [] });
    },
  );
});

describe('a file that is for everybody', () => {
  it('is none in a folder that others may not enter, by whichever link', () => {
    file('home/settings/maven.xml');
    chmodSync(at('home'), 0o700);
    link('etc/maven', at('home/settings'));

    expect(forEverybody(at('etc/maven'))).toEqual([]);
  });

  it('is none where links lead round in a circle or nowhere', () => {
    link('etc/a', at('etc/b'));
    link('etc/b', at('etc/a'));

    expect([forEverybody(at('etc/a')), forEverybody(at('etc/none'))]).toEqual([[], []]);
  });
});

describe('the variables of certificates', () => {
  it('name files without links, and none that is private, missing, or in a circle of links', () => {
    const bundle = file('pki/bundle.pem');
    link('certs/ca.pem', bundle);
    link('certs/circle.pem', at('certs/circle.pem'));

    const found = certificateVariables({
      SSL_CERT_FILE: at('certs/ca.pem'),
      PIP_CERT: file('pki/private.pem', 0o600),
      CURL_CA_BUNDLE: at('certs/circle.pem'),
      NODE_EXTRA_CA_CERTS: at('certs/none.pem'),
    });

    expect(found).toEqual({ SSL_CERT_FILE: bundle });
  });
});

describe('something of the machine that cannot be shown', needs('bubblewrap'), () => {
  it('takes no wall away: builds stay in the sandbox, and a line says that they will fail, and why', async () => {
    const broken: Sandbox = {
      ...bubblewrap,
      wrap: (...given) => {
        const [program = '', ...args] = bubblewrap.wrap(...given);
        return [program, '--ro-bind', '/no/such/certificate', '/x', ...args];
      },
    };

    const found = await detect(broken);
    const { builds, warnings } = await machineIsolation(found);

    expect(found.builds).toBe(broken);
    expect(builds).toBe('sandboxed');
    expect(warnings[0]).toMatch(/^Builds will fail: .*bwrap: .*\/no\/such\/certificate/);
  });
});
