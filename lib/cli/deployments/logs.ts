/** `staithe deployment logs`. */
import { command } from '../command/command.ts';
import { flag } from '../command/option.ts';
import { deploymentFailure } from '../follow/deployment.ts';
import { type DeploymentLine, deploymentLines } from '../follow/deployment-log.ts';
import { logFormatter } from '../follow/line.ts';
import { logOptions } from '../follow/print-log.ts';
import { jsonText } from '../terminal/json.ts';

/** More than one, so that each line has its label. */
const SOURCES = 2;

export const logs = command({
  name: 'logs',
  summary: 'Print the timeline of a deployment, with the output of its commands and of the deployed version',
  details:
    'Prints the steps of the deployment, the output of its commands and tests, and what the deployed version of a function ' +
    'printed until the end of the deployment, in order of time. With --follow it waits for the end of the deployment, and exits with code 6 if it does not succeed. ' +
    'With --json it prints one document {"items": […]}, and with --follow one JSON line per line.',
  args: { deployment: 'Deployment id (dep_…)' },
  options: {
    follow: flag('--follow', 'Wait for new lines until the deployment has ended'),
    timestamps: logOptions.timestamps,
  },
  examples: [
    'staithe deployment logs dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    'staithe deployment logs dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow',
  ],
  calls: ['getDeployment', 'getDeploymentLogs', 'getEnvironmentLogs'],
  async run({ args, options }, { api, terminal }) {
    const { follow, timestamps } = options;
    if (follow)
      terminal.onInterrupt([
        'The deployment is still running. To show it:',
        `  staithe deployment show ${args.deployment}`,
      ]);
    const textOf = logFormatter(({ source }: DeploymentLine) => source, SOURCES, process.stdout, {
      timestamps,
    });
    const items: DeploymentLine[] = [];
    const lines = deploymentLines(follow ? api.persistent(terminal.note) : api, args.deployment, follow);
    for (;;) {
      const next = await lines.next();
      if (next.done === true) {
        if (follow && next.value.status !== 'succeeded') throw deploymentFailure(next.value);
        return terminal.json && !follow ? { json: { items }, text: jsonText({ items }, 2) } : undefined;
      }
      for (const line of next.value)
        if (!terminal.json) terminal.print(textOf(line));
        else if (follow) terminal.event(line);
        else items.push(line);
    }
  },
});
