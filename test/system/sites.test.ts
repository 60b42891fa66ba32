/** Websites, from source to URL: a reader polls while versions change. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../lib/contract/client.ts';
import type { StaticTarget } from '../../lib/domain/target/static.ts';
import { deploy, newProject, release, settled, type Tree } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;

beforeAll(async () => {
  staithe = await sharedStaithe();
});

afterAll(() => staithe[Symbol.asyncDispose]());

/** Pages that say which version they are of, and a script of the version that they load. */
function siteTree(name: string): Tree {
  const page = `${name} <script src="assets/app-${name.repeat(8)}.js"></script>`;
  return {
    'staithe.yaml': JSON.stringify({
      services: { web: { artifacts: [{ paths: ['dist/**'], root: 'dist' }] } },
    }),
    'dist/index.html': page,
    'dist/about.html': page,
    'dist/config.json': '{}',
    [`dist/assets/app-${name.repeat(8)}.js`]: `say('${name}')`,
  };
}

const newSite = (
  project: string,
  more: Partial<StaticTarget> & { variables?: Record<string, string> } = {},
) => {
  const { variables = {}, ...target } = more;
  return staithe.client.call('putEnvironment', {
    params: { project, environment: 'test' },
    body: { target: { kind: 'static', site: `${project}-test`, ...target }, variables },
  });
};

/** What a visitor has seen: of each visit the version of the page, and that of the script that it loads. */
interface Visits {
  readonly seen: string[];
  stop(): Promise<void>;
}

function visiting(url: string): Visits {
  const seen: string[] = [];
  let stopped = false;
  const visit = async (): Promise<void> => {
    const page = await fetch(url);
    const text = await page.text();
    const script = await fetch(new URL(/src="([^"]+)"/.exec(text)?.[1] ?? 'none', url));
    const said = /say\('(.)'\)/.exec(await script.text())?.[1];
    seen.push(`${page.status} ${text.charAt(0)}, ${script.status} ${said}`);
  };
  const visits = (async () => {
    while (!stopped) {
      await visit();
      await turn();
    }
  })();
  return {
    seen,
    async stop() {
      stopped = true;
      await visits;
    },
  };
}

describe.concurrent('a site', () => {
  it('changes from version to version and back, and no visitor sees two of them or none', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newSite(project);
    const [one, two] = [
      await release(client, project, '1.0.0', siteTree('a')),
      await release(client, project, '2.0.0', siteTree('b')),
    ];
    const first = await deploy(client, project, 'test', one.id);
    const visits = visiting(first.url ?? '');
    const second = await deploy(client, project, 'test', two.id);
    const params = { project, environment: 'test' };
    const { id } = await client.call('rollBackEnvironment', { params, body: {} });
    const back = await settled(client, id);
    await visits.stop();
    const last = await (await fetch(first.url ?? '')).text();

    expect([first, second, back].map(({ status, error }) => error ?? status)).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
    ]);
    expect([second.url, back.target_version]).toEqual([first.url, first.target_version]);
    expect(new Set(visits.seen)).toEqual(new Set(['200 a, 200 a', '200 b, 200 b']));
    expect(visits.seen.findIndex((visit) => visit.includes('b'))).toBeGreaterThan(0);
    expect(last).toMatch(/^a /);
    expect(second.checks).toMatchObject([
      { kind: 'http', percent: 0, ok: true },
      { kind: 'http', percent: 100, ok: true },
    ]);
  });

  it('with a page that does not answer keeps the version that it has', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newSite(project);
    const good = await deploy(
      client,
      project,
      'test',
      (await release(client, project, '1.0.0', siteTree('a'))).id,
    );
    await client.call('putEnvironment', {
      params: { project, environment: 'test' },
      body: {
        target: { kind: 'static', site: `${project}-test` },
        health_path: '/about.html',
        health_body: 'b ',
      },
    });
    const bad = await deploy(
      client,
      project,
      'test',
      (await release(client, project, '2.0.0', siteTree('c'))).id,
    );

    expect(bad.status).not.toBe('succeeded');
    expect(bad.error?.message).toMatch(/\/about\.html/);
    expect(await (await fetch(good.url ?? '')).text()).toMatch(/^a /);
  });

  it('of one release gets the variables of each environment, and keeps its ten newest versions', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    const { id } = await release(client, project, '1.0.0', siteTree('a'));
    const versions: string[] = [];
    let url = '';
    for (let count = 1; count <= 12; count++) {
      await newSite(project, { variables_file: 'config.json', variables: { COUNT: String(count) } });
      const deployed = await deploy(client, project, 'test', id);
      expect(deployed.error).toBeUndefined();
      versions.push(deployed.target_version ?? '');
      url = deployed.url ?? '';
    }
    const countOf = async (site: string) => {
      const response = await fetch(`${site}config.json`);
      return response.ok ? JSON.parse(await response.text()).COUNT : response.status;
    };
    const versionUrl = (version = '') => url.replace(/\/$/, `@${version}/`);

    expect(await countOf(url)).toBe('12');
    expect(await countOf(versionUrl(versions[3]))).toBe('4');
    expect(await countOf(versionUrl(versions[0]))).toBe(404);
  });

  it('is of one environment, has no log, and takes variables only for a file', async () => {
    const { client } = staithe;
    const [project, other] = [await newProject(client), await newProject(client)];
    await newSite(project);
    const refusal = (call: Promise<unknown>) =>
      call.catch((error: unknown) => (error instanceof ApiError ? error.problem : error));

    expect(await refusal(newSite(other, { site: `${project}-test` }))).toMatchObject({
      code: 'function_taken',
      detail: expect.stringContaining(`Site '${project}-test'`),
    });
    expect(await refusal(newSite(project, { variables: { A: 'b' } }))).toMatchObject({
      fields: [{ field: 'variables' }],
    });
    expect(
      await refusal(
        client.call('getEnvironmentLogs', { params: { project, environment: 'test' }, query: {} }),
      ),
    ).toMatchObject({ code: 'log_unreadable' });
  });
});
