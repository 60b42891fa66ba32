/** Which instruction of a Dockerfile a builder was at when it failed, as each builder says it. */

/**
 * @param lines the end of the builder's output
 * @returns e.g. `[build 3/5] RUN pnpm install`; undefined when no instruction had begun
 */
export function stageOf(lines: readonly string[]): string | undefined {
  for (const line of lines.toReversed()) {
    const found = buildkit(line) ?? buildah(line) ?? classic(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** ` > [build 3/5] RUN pnpm install:`, above the output that is quoted once more at the end. */
const buildkit = (line: string) => /^ > (\[(?!internal\b)[^\]]+\] .+?):?$/.exec(line)?.[1];

/** `[2/3] STEP 3/5: RUN pnpm install`; without the first part when there is one stage only. */
function buildah(line: string): string | undefined {
  const [, stage, step, instruction] = /^(?:\[(\d+\/\d+)\] )?STEP (\d+\/\d+): (.+)$/.exec(line) ?? [];
  if (instruction === undefined) return undefined;
  return stage === undefined ? `[${step}] ${instruction}` : `[stage ${stage}, step ${step}] ${instruction}`;
}

/** `Step 6/8 : RUN pnpm install`, counted over all stages. */
function classic(line: string): string | undefined {
  const [, step, instruction] = /^Step (\d+\/\d+) : (.+)$/.exec(line) ?? [];
  return instruction === undefined ? undefined : `[${step}] ${instruction}`;
}
