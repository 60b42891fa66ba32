import * as z from 'zod';
import { CreateDeployment, PlanDeployment } from '../../domain/deployment/asked.ts';
import { Board } from '../../domain/deployment/board.ts';
import { DeploymentChanges, DeploymentPlan } from '../../domain/deployment/plan.ts';
import { Approve, Because, BecauseOptional, Deployment, RollBackTo } from '../../domain/deployment/schema.ts';
import { Id } from '../../domain/id.ts';
import { Project, ProjectRef } from '../../domain/project/schema.ts';
import { PAGING, page, route, SPAN } from '../route.ts';
import { inEnvironment, inProject } from './params.ts';

/** Why there is no release to deploy. */
const NO_RELEASE = [
  'commit_ambiguous',
  'nothing_to_release',
  'artifact_not_stored',
  'image_unknown',
  'registry_unavailable',
  'registry_refused',
  'service_unknown',
  'artifact_not_deployable',
  'busy',
] as const;

/** Why a deployment is refused. */
const REFUSED = [
  'deployment_in_progress',
  'not_eligible',
  'too_many_waiting',
  'release_yanked',
  ...NO_RELEASE,
] as const;

const ofDeployment = { deployment: Id.deployment };

/** Deployments: asked for, approved, cancelled, taken back. */
export const DEPLOYMENT_ROUTES = {
  createDeployment: route({
    method: 'POST',
    path: '/v1/projects/{project}/environments/{environment}/deployments',
    group: 'environments',
    access: 'deployer',
    summary: 'Deploy a release, a commit, artifacts or images',
    params: inEnvironment,
    body: CreateDeployment,
    success: {
      status: 202,
      body: Deployment,
      description: 'The deployment: in progress, or waiting for a rule of the environment',
    },
    errors: [...REFUSED, 'workflow_refused'],
  }),
  listDeployments: route({
    method: 'GET',
    path: '/v1/projects/{project}/environments/{environment}/deployments',
    group: 'environments',
    access: 'viewer',
    summary: 'List the deployments to an environment',
    params: inEnvironment,
    query: { ...SPAN, ...PAGING },
    success: { status: 200, body: page(Deployment), description: 'Deployments, newest first' },
    errors: ['invalid_cursor'],
  }),
  listAllDeployments: route({
    method: 'GET',
    path: '/v1/deployments',
    group: 'environments',
    access: 'viewer',
    summary: 'List the deployments of one project or of all projects',
    query: { project: ProjectRef.optional(), ...SPAN, ...PAGING },
    success: {
      status: 200,
      body: page(Deployment),
      description: 'Deployments to existing environments, newest first',
    },
    errors: ['invalid_cursor', 'too_many_projects', 'too_many_environments'],
  }),
  getDeployment: route({
    method: 'GET',
    path: '/v1/deployments/{deployment}',
    group: 'environments',
    access: 'viewer',
    summary: 'Get a deployment',
    params: { deployment: Id.deployment },
    success: { status: 200, body: Deployment, description: 'The deployment' },
  }),
  getDeploymentChanges: route({
    method: 'GET',
    path: '/v1/deployments/{deployment}/changes',
    group: 'environments',
    access: 'viewer',
    summary: 'Show what a deployment changes of what is deployed',
    params: ofDeployment,
    success: { status: 200, body: DeploymentChanges, description: 'The fields that differ' },
  }),
  planDeployment: route({
    method: 'POST',
    path: '/v1/projects/{project}/environments/{environment}/plan',
    group: 'environments',
    access: 'viewer',
    summary: 'Show what a deployment would do, and which rules would block it',
    params: inEnvironment,
    body: PlanDeployment,
    success: { status: 200, body: DeploymentPlan, description: 'The plan; nothing has changed' },
    audit: { none: 'It changes nothing, and only shows what a deployment would do.' },
    errors: NO_RELEASE,
  }),
  rollBackEnvironment: route({
    method: 'POST',
    path: '/v1/projects/{project}/environments/{environment}/rollback',
    group: 'environments',
    access: 'deployer',
    summary: 'Roll back to the code and configuration of an earlier deployment',
    params: inEnvironment,
    body: RollBackTo,
    success: { status: 202, body: Deployment, description: 'The deployment that restores the earlier one' },
    errors: ['nothing_to_restore', 'deployment_in_progress', 'release_yanked', 'busy', 'workflow_refused'],
  }),
  approveDeployment: route({
    method: 'POST',
    path: '/v1/deployments/{deployment}/approve',
    group: 'environments',
    access: 'viewer',
    summary: 'Approve a deployment',
    params: ofDeployment,
    body: Approve,
    success: { status: 200, body: Deployment, description: 'The deployment with the approval' },
    errors: ['not_an_approver', 'approval_outdated', 'wrong_state', 'busy'],
  }),
  rejectDeployment: route({
    method: 'POST',
    path: '/v1/deployments/{deployment}/reject',
    group: 'environments',
    access: 'viewer',
    summary: 'Reject a deployment that waits for approval',
    params: ofDeployment,
    body: Because,
    success: { status: 200, body: Deployment, description: 'The deployment, rejected' },
    errors: ['not_an_approver', 'wrong_state', 'busy'],
  }),
  verifyDeployment: route({
    method: 'POST',
    path: '/v1/deployments/{deployment}/verify',
    group: 'environments',
    access: 'deployer',
    summary: 'Check a deployment that serves once more, and keep the result',
    params: ofDeployment,
    success: { status: 200, body: Deployment, description: 'The deployment; its last check is this one' },
    errors: ['wrong_state', 'busy'],
  }),
  cancelDeployment: route({
    method: 'POST',
    path: '/v1/deployments/{deployment}/cancel',
    group: 'environments',
    access: 'deployer',
    summary: 'Cancel a deployment',
    params: ofDeployment,
    body: BecauseOptional,
    success: {
      status: 202,
      body: Deployment,
      description: 'The deployment: cancelled, or about to be taken back',
    },
    errors: ['wrong_state', 'busy'],
  }),
  listApprovals: route({
    method: 'GET',
    path: '/v1/approvals',
    group: 'environments',
    access: 'viewer',
    summary: 'List the deployments that wait for approval',
    query: {
      project: ProjectRef.optional(),
      /** `mine`: those that the caller can approve, and has not. */
      of: z.enum(['mine', 'all']).default('mine'),
    },
    success: {
      status: 200,
      body: z.object({ items: z.array(Deployment) }),
      description: 'Deployments that wait for approval, oldest first',
    },
    errors: ['too_many_projects', 'too_many_environments'],
  }),
  getBoard: route({
    method: 'GET',
    path: '/v1/projects/{project}/board',
    group: 'environments',
    access: 'viewer',
    summary: 'Show what runs where, what waits, and how far each environment is behind',
    params: inProject,
    success: { status: 200, body: Board, description: 'The environments of the project' },
  }),
  stopProject: route({
    method: 'POST',
    path: '/v1/projects/{project}/stop',
    group: 'environments',
    access: 'deployer',
    summary: 'Stop all promotions of a project, except hotfixes and rollbacks',
    params: inProject,
    body: Because,
    success: { status: 200, body: Project, description: 'The project, stopped' },
    errors: ['busy'],
  }),
  resumeProject: route({
    method: 'POST',
    path: '/v1/projects/{project}/resume',
    group: 'environments',
    access: 'deployer',
    summary: 'Resume the promotions of a project',
    params: inProject,
    success: { status: 200, body: Project, description: 'The project, not stopped' },
    errors: ['busy'],
  }),
} as const;
