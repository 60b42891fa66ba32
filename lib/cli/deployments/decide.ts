/** `staithe deployment approve`, `reject` and `cancel`. */
import { command } from '../command/command.ts';
import { flag, requiredText, text } from '../command/option.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { confirm } from '../terminal/prompt.ts';
import { changesText, deploymentText, requestText } from './text.ts';

const args = { deployment: 'Deployment id (dep_…)' };
const reasonOption = text('--reason <text>', 'Why');

export const approve = command({
  name: 'approve',
  summary: 'Approve a deployment',
  details:
    'Shows what the deployment changes, and asks for confirmation. The approval is for exactly that: it is void if the ' +
    'release, the configuration or the target changes. Requires the token of a user.',
  args,
  options: { reason: reasonOption, yes: flag('--yes', 'Skip the confirmation') },
  examples: ['staithe deployment approve dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --reason "Tested" --yes'],
  calls: ['getDeployment', 'getDeploymentChanges', 'approveDeployment'],
  async run({ args, options }, { api, terminal }) {
    const params = { deployment: args.deployment };
    const [{ subject, changes, environment }, seen] = await Promise.all([
      api.call('getDeploymentChanges', { params }),
      api.call('getDeployment', { params }),
    ]);
    if (!terminal.json) terminal.note(`${requestText(seen)}\n\n${changesText(changes)}\n`);
    if (!options.yes) await confirm(`Approving this change of ${environment}`, environment);
    const deployment = await api.call('approveDeployment', {
      params,
      body: { subject, ...(options.reason !== undefined && { reason: options.reason }) },
    });
    return { json: deployment, text: deploymentText(deployment) };
  },
});

export const reject = command({
  name: 'reject',
  summary: 'Reject a deployment that waits for approval',
  details: 'Requires the token of a user.',
  args,
  options: { reason: requiredText('--reason <text>', 'Why') },
  examples: ['staithe deployment reject dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --reason "The tests are red"'],
  calls: ['rejectDeployment'],
  async run({ args, options }, { api }) {
    const deployment = await api.call('rejectDeployment', {
      params: { deployment: args.deployment },
      body: { reason: options.reason },
    });
    return { json: deployment, text: deploymentText(deployment) };
  },
});

export const verify = command({
  name: 'verify',
  summary: 'Check a deployment that serves once more; fails when it is not healthy',
  args,
  examples: ['staithe deployment verify dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['verifyDeployment'],
  async run({ args: { deployment: id } }, { api }) {
    const deployment = await api.call('verifyDeployment', { params: { deployment: id } });
    const check = deployment.url === undefined ? undefined : deployment.checks.at(-1);
    if (check?.ok === false)
      throw new Failure(EXIT.failed, {
        code: 'unhealthy',
        detail: check.message,
        remedy: `staithe rollback ${deployment.environment} --project ${deployment.project_id}`,
      });
    const notes =
      deployment.test === undefined ? [] : [`tests run: staithe deployment logs ${deployment.id} --follow`];
    return { json: deployment, text: check?.message ?? deployment.id, notes };
  },
});

export const cancel = command({
  name: 'cancel',
  summary: 'Cancel a deployment',
  details: 'A deployment in progress is taken back by its next step: the earlier version serves again.',
  args,
  options: { reason: reasonOption },
  examples: ['staithe deployment cancel dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['cancelDeployment'],
  async run({ args, options }, { api }) {
    const deployment = await api.call('cancelDeployment', {
      params: { deployment: args.deployment },
      body: { ...(options.reason !== undefined && { reason: options.reason }) },
    });
    const notes = deployment.status === 'cancelled' ? [] : [`next: staithe deployment wait ${deployment.id}`];
    return { json: deployment, text: deploymentText(deployment), notes };
  },
});
