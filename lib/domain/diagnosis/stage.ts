/** Which step of a Dockerfile failed, read from what the builder printed. */

/**
 * The failing step as `[build 3/5] RUN pnpm install`: the stage's name when it has one, the step's number, the
 * instruction.
 *
 * @param lines the end of the builder's log: BuildKit's plain progress, docker's classic builder, or buildah
 * @returns undefined when no step was under way, e.g. because the base image was never asked for
 */
export function failingStage(lines: readonly string[]): string | undefined {
  return ofBuildKit(lines) ?? ofBuildah(lines) ?? ofClassicDocker(lines);
}

/** `#8 [build 3/5] RUN pnpm install`, later `#8 ERROR: process "…" did not complete`; and a summary ` > [build 3/5] RUN …:`. */
function ofBuildKit(lines: readonly string[]): string | undefined {
  const vertices = new Map<string, string>();
  let failed: string | undefined;
  let summary: string | undefined;
  for (const line of lines) {
    const begun = /^#(\d+) (\[.+)$/.exec(line);
    if (begun?.[1] !== undefined && begun[2] !== undefined && !vertices.has(begun[1]))
      vertices.set(begun[1], begun[2]);
    const error = /^#(\d+) ERROR: (?!.*context canceled)/.exec(line);
    failed ??= error?.[1];
    summary ??= /^ > (\[.+):$/.exec(line)?.[1];
  }
  return (failed === undefined ? undefined : vertices.get(failed)) ?? summary;
}

interface Step {
  readonly stage: string | undefined;
  readonly number: string;
  readonly instruction: string;
}

const shown = ({ stage, number, instruction }: Step): string =>
  `[${stage === undefined ? '' : `${stage} `}${number}] ${instruction}`;

const nameIn = (instruction: string): string | undefined => /^FROM .+ AS (\S+)$/i.exec(instruction)?.[1];

/** `STEP 3/5: RUN pnpm install`, with `[1/2] ` before it when there are several stages, and the error that names the step. */
function ofBuildah(lines: readonly string[]): string | undefined {
  const steps: Step[] = [];
  const names = new Map<string, string | undefined>();
  for (const line of lines) {
    if (/^(?:\[\d+\/\d+\] )?COMMIT\b/.test(line)) steps.length = 0;
    const [, stage = '', number, instruction] =
      /^(?:\[(\d+)\/\d+\] )?STEP (\d+\/\d+): (.+)$/.exec(line) ?? [];
    if (number === undefined || instruction === undefined) continue;
    if (/^FROM /i.test(instruction)) names.set(stage, nameIn(instruction));
    steps.push({ stage: names.get(stage), number, instruction });
  }
  const text = lines.map((line) => /^Error: building at STEP "(.*?)": /.exec(line)?.[1]).find(Boolean);
  const named = text === undefined ? undefined : steps.findLast((step) => step.instruction === text);
  const step = named ?? steps.at(-1);
  return step === undefined ? undefined : shown(step);
}

/** `Step 3/5 : RUN pnpm install`; the steps of all stages are counted together. */
function ofClassicDocker(lines: readonly string[]): string | undefined {
  let stage: string | undefined;
  let last: Step | undefined;
  for (const line of lines) {
    if (/^Successfully built /.test(line)) return undefined;
    const [, number, instruction] = /^Step (\d+\/\d+) : (.+)$/.exec(line) ?? [];
    if (number === undefined || instruction === undefined) continue;
    if (/^FROM /i.test(instruction)) stage = nameIn(instruction);
    last = { stage, number, instruction };
  }
  return last === undefined ? undefined : shown(last);
}
