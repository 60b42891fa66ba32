/** A build whose artifacts are there already: answered with them by the call that asks for it. */
import type { Report } from './figure.ts';
import { type Bench, withInstallation } from './installation.ts';
import { completed, noopProject, startNoop } from './noop.ts';

const ROUNDS = 40;

export async function reuse(bench: Bench): Promise<Report> {
  return withInstallation(bench, async ({ client }) => {
    const { project, sourceId } = await noopProject(client, bench.scratch);
    await completed(client, (await startNoop(client, { project, sourceId })).run);
    const times: number[] = [];
    const reads: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      const build = await client.call('createBuild', {
        params: { project },
        body: { source_id: sourceId },
      });
      times.push(performance.now() - began);
      if (build.latest_run?.status !== 'completed')
        throw new Error(`Build ${build.id} was not answered with the artifacts of an earlier one.`);
      const asked = performance.now();
      await client.call('getBuild', { params: { build: build.id } });
      reads.push(performance.now() - asked);
    }
    return {
      figures: [
        {
          what: 'POST build → its artifacts, reused',
          unit: 'ms',
          samples: times,
          beside: { what: 'GET a build', samples: reads },
          aim: '≤ 1.3 ×',
          headline: true,
        },
        { what: 'GET /v1/builds/{build}, in turns', unit: 'ms', samples: reads },
      ],
    };
  });
}
