/** Deployments as people read them. */
import type { Deployment, DeploymentPlan } from '../api/resources.ts';
import { targetName } from '../environments/targets/index.ts';
import { lastLines } from '../follow/deployment.ts';
import { moment, took } from '../terminal/format.ts';
import { status } from '../terminal/style.ts';
import { fields, table } from '../terminal/table.ts';

export function deploymentText(deployment: Deployment): string {
  const record = fields([
    ['deployment', deployment.id],
    ['environment', deployment.environment],
    ['project', deployment.project_id],
    ['status', deployment.status, status],
    ['stage', deployment.stage],
    ['waits for', deployment.waits_for.map(({ message }) => message).join('\n') || undefined],
    ['approvals', approvalsText(deployment)],
    ['release', deployment.release_id],
    ['restores', deployment.restores],
    ['service', deployment.service],
    ['artifact', deployment.artifact_id],
    ['digest', deployment.digest],
    ['target', targetName(deployment.target)],
    ['version', deployment.target_version],
    ['traffic', trafficText(deployment)],
    ['previous version', deployment.previous_version],
    ['took', took(deployment)],
    ['error', deployment.error?.message],
    ['log', lastLines(deployment).join('\n') || undefined],
    ['hint', deployment.error?.hint],
    ['outputs', outputsText(deployment)],
    ['url', deployment.url],
    ['reason', deployment.reason],
    ['freeze overridden', deployment.override_freeze],
    ['created', `${moment(deployment.created_at)} by ${deployment.created_by}`],
  ]);
  const sections = [record, checksText(deployment), timelineText(deployment)];
  return sections.filter((section) => section !== undefined).join('\n\n');
}

/** What was looked at before it succeeded, or failed. */
function checksText({ checks }: Deployment): string | undefined {
  if (checks.length === 0) return undefined;
  return table(checks, [
    { title: 'checked', value: (check) => moment(check.at) },
    { title: 'traffic', value: ({ percent }) => `${percent} %` },
    { title: 'result', value: ({ ok }) => (ok ? 'passed' : 'failed'), style: status },
    { title: 'message', value: ({ message }) => message },
  ]);
}

function timelineText({ timeline }: Deployment): string | undefined {
  if (timeline.length === 0) return undefined;
  return table(timeline, [
    { title: 'time', value: (step) => moment(step.at) },
    { title: 'status', value: (step) => step.status, style: status },
    { title: 'message', value: (step) => step.message },
    { title: 'by', value: (step) => step.by },
  ]);
}

const trafficText = ({ traffic, status: now }: Deployment): string | undefined =>
  traffic === undefined || now !== 'verifying' ? undefined : `${traffic.percent} % on the new version`;

const outputsText = ({ outputs = {} }: Deployment): string | undefined =>
  Object.entries(outputs)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n') || undefined;

/** Only approvals of what would be deployed now count. */
function approvalsText({ decisions, subject }: Deployment): string | undefined {
  const lines = decisions.map(({ decision, user_name: name, reason, subject: seen }) => {
    const isVoid = seen !== subject ? ' (void: the deployment has changed)' : '';
    return `${name} ${decision}${reason === undefined ? '' : `: ${reason}`}${isVoid}`;
  });
  return lines.join('\n') || undefined;
}

/** Who asked for a deployment, and why: for whoever approves it. */
export const requestText = (deployment: Deployment): string =>
  fields([
    ['environment', deployment.environment],
    ['release', deployment.release_id],
    ['requested', `${moment(deployment.created_at)} by ${deployment.created_by}`],
    ['reason', deployment.reason],
    ['freeze overridden', deployment.override_freeze],
    ['waits for', deployment.waits_for.map(({ message }) => message).join('\n') || undefined],
  ]);

/** What a deployment changes, one line for each field. */
export function changesText(changes: DeploymentPlan['changes']): string {
  if (changes.length === 0) return 'Nothing differs from what is deployed.';
  return table(changes, [
    { title: 'field', value: ({ field }) => field },
    { title: 'change', value: ({ change }) => change },
    { title: 'before', value: ({ before }) => before },
    { title: 'after', value: ({ after }) => after },
  ]);
}

export function planText(plan: DeploymentPlan): string {
  const outcome = {
    begin: 'begins at once',
    wait: 'waits for the rules of the environment',
    refuse: 'is refused',
  }[plan.outcome];
  const record = fields([
    ['environment', plan.environment],
    ['release', plan.release_id ?? 'new, created by the deployment'],
    ['deployed now', plan.current_release_id ?? 'none'],
    ['service', plan.service],
    ['digest', plan.digest],
    ['outcome', outcome],
    ['rules', plan.blocks.map(({ rule, message }) => `${rule}: ${message}`).join('\n') || undefined],
    ['refusal', plan.refusal],
  ]);
  return `${record}\n\n${changesText(plan.changes)}`;
}
