/** Reading: one build, and beside it the route that needs neither token nor table. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { type Figure, quantile, type Report } from './figure.ts';
import { type Bench, withInstallation } from './installation.ts';
import { completed, noopProject, startNoop } from './noop.ts';

const ROUNDS = 5;
const REQUESTS = 300;
/** More than is asked for: what is measured is answers, and health may be asked for 20 times a second only. */
const UNTHROTTLED = 1_000_000;

export async function get(bench: Bench): Promise<Report> {
  const assembly = await unthrottled(bench);
  return withInstallation({ ...bench, assembly }, async ({ client, url, token }) => {
    const started = await startNoop(client, await noopProject(client, bench.scratch));
    await completed(client, started.run);
    const routes = [
      { name: 'GET /v1/builds/{build}', path: `/v1/builds/${started.build}` },
      { name: 'GET /v1/health', path: '/v1/health' },
    ] as const;
    const figures: Figure[] = [];
    for (const concurrency of [1, 10]) {
      const rounds = routes.map(() => ({ p50: [] as number[], p99: [] as number[], rate: [] as number[] }));
      for (let round = 0; round <= ROUNDS; round++)
        for (const [index, { path }] of routes.entries()) {
          const { times, seconds } = await load(url + path, token, concurrency);
          if (round === 0) continue; // warms up
          rounds[index]?.p50.push(quantile(times, 0.5));
          rounds[index]?.p99.push(quantile(times, 0.99));
          rounds[index]?.rate.push(times.length / seconds);
        }
      const [ofBuild, ofHealth] = rounds;
      for (const [index, { name }] of routes.entries()) {
        const seen = rounds[index];
        if (seen === undefined || ofHealth === undefined) continue;
        const isBuild = seen === ofBuild;
        const figure = (part: 'p50' | 'p99' | 'rate', unit: string): Figure => ({
          what: `${name}, ${concurrency} at once: ${part}`,
          unit,
          samples: seen[part],
          ...(isBuild && { beside: { what: 'GET /v1/health', samples: ofHealth[part] } }),
        });
        const p50 = figure('p50', 'ms');
        figures.push(isBuild ? { ...p50, aim: '≤ 2.5 ×', headline: true } : p50, figure('p99', 'ms'), {
          ...figure('rate', 'requests/s'),
          headline: isBuild && concurrency > 1,
        });
      }
    }
    return { figures };
  });
}

/** A copy of the assembly whose API throttles nothing. @returns its folder */
async function unthrottled({ assembly, scratch }: Bench): Promise<string> {
  const copy = join(scratch, 'unthrottled');
  await cp(assembly, copy, { recursive: true });
  const file = join(copy, 'Staithe.template.json');
  const lift = (key: string, value: unknown) =>
    /^Throttling(Rate|Burst)Limit$/.test(key) ? UNTHROTTLED : value;
  const template: unknown = JSON.parse(await readFile(file, 'utf8'), lift);
  await writeFile(file, JSON.stringify(template));
  return copy;
}

/** Sends requests on kept connections, so many at a time. */
async function load(
  url: string,
  token: string,
  concurrency: number,
): Promise<{ times: number[]; seconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const times: number[] = [];
  let left = REQUESTS;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const sent = performance.now();
        await answered(url, token, agent);
        times.push(performance.now() - sent);
      }
    }),
  );
  agent.destroy();
  return { times, seconds: (performance.now() - began) / 1000 };
}

function answered(url: string, token: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200
          ? resolve()
          : reject(new Error(`${url} answered ${response.statusCode}.`)),
      );
    })
      .on('error', reject)
      .end();
  });
}
