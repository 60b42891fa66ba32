/** Builds a second beside Buildbot's: the same number at once, in turns, on the same machine. */
import { type Report, summary } from '../figure.ts';
import { type Bench, withInstallation } from '../installation.ts';
import { noopProject } from '../noop.ts';
import { burst } from '../throughput.ts';
import { withBuildbot } from './server.ts';

const ROUNDS = 3;
/**
 * A builder of Buildbot builds one thing at a time on a worker. More builders let it build more at once: both are
 * measured, and Staithe is read beside the better.
 */
const BUILDERS = [1, 4] as const;

export async function buildbot(bench: Bench): Promise<Report> {
  return withInstallation(bench, async ({ client }) => {
    const noop = await noopProject(client, bench.scratch);
    await burst(client, noop, bench.builds); // starts functions
    const perSecond = (milliseconds: number) => bench.builds / (milliseconds / 1000);
    const sides: { builders: number; version: string; staithe: number[]; buildbot: number[] }[] = [];
    for (const builders of BUILDERS) {
      const side = await withBuildbot({ scratch: bench.scratch, builders }, async (other) => {
        await other.builds(2); // warms up
        const staithe: number[] = [];
        const theirs: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          theirs.push(perSecond(await other.builds(bench.builds)));
          staithe.push(perSecond(await burst(client, noop, bench.builds)));
          bench.say(
            `${builders} builders: Buildbot ${theirs.at(-1)?.toFixed(2)}, Staithe ${staithe.at(-1)?.toFixed(2)} builds/s`,
          );
        }
        return { builders, version: other.version, staithe, buildbot: theirs };
      });
      if (side === undefined) return notInstalled(bench);
      sides.push(side);
    }
    const best = sides.toSorted((a, b) => summary(b.buildbot).median - summary(a.buildbot).median)[0];
    return {
      figures: sides.flatMap((side) => {
        const name = `Buildbot ${side.version} (SQLite, one worker, ${side.builders === 1 ? 'one builder' : `${side.builders} builders`})`;
        return [
          { what: `${bench.builds} no-op builds at once: ${name}`, unit: 'builds/s', samples: side.buildbot },
          {
            what: `${bench.builds} no-op builds at once: Staithe, in turns`,
            unit: 'builds/s',
            samples: side.staithe,
            beside: { what: name, samples: side.buildbot },
            aim: '≥ 3 ×',
            headline: side === best,
          },
        ];
      }),
    };
  });
}

function notInstalled(bench: Bench): Report {
  const more =
    'Buildbot is not installed, so nothing was measured beside it: `apt-get install buildbot buildbot-worker`.\n';
  bench.say(more.trim());
  return { figures: [], more };
}
